package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/utrace/utrace"

// rooms says how high each directory stands. A package may import packages of
// ours only from lower levels. The longest matching path counts.
var rooms = map[string]int{
	"api":          0,
	"internal":     0, // may import all of this level
	"launch/entry": 1,
	"regset":       0,
	"syscalls":     0,
	"record":       0,
	"top":          0,

	"breakpoint/displace": 1,

	"symbol": 1,

	"tracehook": 1,

	"launch":          2,
	"strace/decode":   2,
	"tracehook/bpf":   2,
	"tracehook/linux": 2,
	"tracehook/sim":   2,
	"unwind":          2,

	"":                   3, // the core
	"strace/paths":       3,
	"strace/learn":       3,
	"tracehook/hooktest": 3,

	"breakpoint/agent": 4,
	"client":           4,
	"host":             4,
	"keeper":           4,
	"strace/inject":    4,
	"strace/learn/gen": 4,
	"vptrace":          4,

	"breakpoint":    5,
	"coredump":      5,
	"hold":          5,
	"host/hosttest": 5,
	"stack":         5,
	"tool":          5,

	"gdbserver/rsp": 0,
	"gdbserver":     6,

	"daemon": 6,
	"probe":  6,
	"strace": 6,

	"bench":          7,
	"bench/internal": 0,
	"cmd":            7,
	"examples":       7,
}

// pure may import nothing but the standard library, golang.org/x/sys and each
// other: they are what another project can build on without a second thought.
var pure = []string{"", "regset", "tracehook"}

// raw may import golang.org/x/sys/unix. Everybody else asks them.
var raw = []string{"internal", "launch", "tracehook/bpf", "tracehook/linux"}

// pkg is what go list says of a package.
type pkg struct {
	ImportPath, Dir string
	Imports         []string
	TestImports     []string
	XTestImports    []string
	EmbedFiles      []string
}

// path is the directory of the package in the tree.
func (p *pkg) path() string { return pathOf(p.ImportPath) }

func pathOf(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, module), "/")
}

// ours reports whether an import path is of this module.
func ours(importPath string) bool {
	return importPath == module || strings.HasPrefix(importPath, module+"/")
}

// within reports whether path is one of dirs or below. The core's own path is
// empty and has nothing below.
func within(path string, dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		return path == dir || dir != "" && strings.HasPrefix(path, dir+"/")
	})
}

// level looks a path up in rooms.
func level(path string) (height int, ok bool) {
	best := -1
	for dir, h := range rooms {
		if within(path, dir) && len(dir) > best {
			best, height, ok = len(dir), h, true
		}
	}
	return height, ok
}

// list runs go list in the root of the tree.
func list(t *testing.T, environ []string, args ...string) []*pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Imports,TestImports,XTestImports,EmbedFiles"}, args...)...)
	cmd.Dir = root(t)
	cmd.Env = append(cmd.Environ(), environ...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	var packages []*pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// root is the top of the tree.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestImportsPointDown checks the whole import graph, on every architecture
// that has files of its own.
func TestImportsPointDown(t *testing.T) {
	for _, arch := range []string{"amd64", "386", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			for _, p := range list(t, []string{"GOARCH=" + arch, "CGO_ENABLED=0"}, "-e", "./...") {
				checkImports(t, p)
			}
		})
	}
}

func checkImports(t *testing.T, p *pkg) {
	own, ok := level(p.path())
	if !ok {
		t.Errorf("%s is in no room: add it to the table", p.ImportPath)
		return
	}
	for _, name := range p.Imports {
		switch {
		case ours(name):
			other, _ := level(pathOf(name))
			if other >= own && !(within(p.path(), "internal") && other == own) {
				t.Errorf("%s (level %d) imports %s (level %d)", p.ImportPath, own, name, other)
			}
			if slices.Contains(pure, p.path()) && !slices.Contains(pure, pathOf(name)) {
				t.Errorf("%s imports %s; it may import none of ours but %q", p.ImportPath, name, pure)
			}
		case name == "golang.org/x/sys/unix" && !within(p.path(), raw...):
			t.Errorf("%s makes raw system calls; only %q may", p.ImportPath, raw)
		case foreign(name) && slices.Contains(pure, p.path()):
			t.Errorf("%s imports %s", p.ImportPath, name)
		}
	}
}

// foreign reports whether an import is neither ours nor of the standard
// library nor of golang.org/x/sys. The first element of the others has a dot.
func foreign(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !ours(importPath) && strings.Contains(first, ".") && !strings.HasPrefix(importPath, "golang.org/x/sys/")
}
