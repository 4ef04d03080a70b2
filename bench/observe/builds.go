package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// built is a package that needs some sixty others, the runtime with them.
const built = "encoding/json"

// goBuild measures a build of some seconds, by a program of many threads that runs
// some fifty others.
func goBuild(dir string) func(under) (float64, error) {
	return func(u under) (float64, error) {
		cache := filepath.Join(dir, "cache")
		if err := os.RemoveAll(cache); err != nil {
			return 0, err
		}
		return timed(u, "env", "GOCACHE="+cache, "GOFLAGS=", "go", "build", "-o", os.DevNull, built)
	}
}

// timed is how many seconds a command takes from beginning to end.
func timed(u under, command ...string) (float64, error) {
	path, err := exec.LookPath(command[0]) // bpftrace wants it whole
	if err != nil {
		return 0, err
	}
	command[0] = path
	begin := time.Now()
	_, err = run(u(command))
	return time.Since(begin).Seconds(), err
}

// makeTree writes a tree of C files with a makefile, each about as long and with
// as many headers as real ones.
func makeTree(dir string) (func(under) (float64, error), error) {
	const files = 8
	tree := filepath.Join(dir, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return nil, err
	}
	var objects []string
	for i := range files {
		var text strings.Builder
		text.WriteString("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <sys/socket.h>\n#include <netdb.h>\n#include <signal.h>\n")
		for f := range 80 {
			fmt.Fprintf(&text, "int f%d_%d(int n, char *s) { for (int i = 0; i < n; i++) s[i] = i %% %d + strlen(s); return printf(\"%%s\\n\", s); }\n", i, f, f+2)
		}
		if i == 0 {
			text.WriteString("int main(void) { return 0; }\n")
		}
		name := fmt.Sprintf("f%d", i)
		objects = append(objects, name+".o")
		if err := os.WriteFile(filepath.Join(tree, name+".c"), []byte(text.String()), 0o644); err != nil {
			return nil, err
		}
	}
	list := strings.Join(objects, " ")
	makefile := "CFLAGS = -O2\nprog: " + list + "\n\t$(CC) -o $@ " + list + "\nclean:\n\trm -f prog " + list + "\n"
	if err := os.WriteFile(filepath.Join(tree, "Makefile"), []byte(makefile), 0o644); err != nil {
		return nil, err
	}
	return func(u under) (float64, error) {
		if out, err := exec.Command("make", "-C", tree, "clean").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("make (package make): %w\n%s", err, out)
		}
		return timed(u, "make", "-s", "-j2", "-C", tree)
	}, nil
}
