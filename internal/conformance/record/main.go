// Command record runs tests on this machine and notes how they ended, for
// docs/conformance.md.
//
//	GOARCH=386 go run ./internal/conformance/record ./... (from the top of the tree)
//
// It prints what go test would without -v, and fails if a test does.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/conformance"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(patterns []string) error {
	list, err := exec.Command("go", append([]string{"list", "-f", "{{.ImportPath}}"}, patterns...)...).Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	var results conformance.Results
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err
	}
	results.Kernel = unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
	failed := false
	for name := range strings.FieldsSeq(string(list)) {
		cmd := exec.Command("go", "test", "-v", "-count=1", name)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		results.Add(conformance.Dir(name), out)
		if err != nil {
			failed = true
			os.Stdout.Write(out)
			continue
		}
		lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
		fmt.Printf("%s\n", lines[len(lines)-1])
	}
	if err := results.Write(".", runtime.GOARCH); err != nil {
		return err
	}
	if failed {
		return fmt.Errorf("tests have failed")
	}
	return nil
}
