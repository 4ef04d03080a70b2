package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/vmtest"
)

// load is what a guest is given.
type load struct {
	guest    vmtest.Guest
	env      []string
	jobs     []vmtest.Job
	files    []vmtest.File
	hasActor bool
}

// newLoad passes on the environment that is meant for tests. An emulated
// machine is some ten times slower, and their time limits grow with that.
func newLoad(guest vmtest.Guest) *load {
	l := &load{guest: guest, env: []string{vmtest.EnvGuest + "=" + guest.Name, "UTRACE_TEST_PATIENCE=10"}}
	l.env = append(l.env, guest.Env...)
	for _, pair := range os.Environ() {
		if strings.HasPrefix(pair, "UTRACE_TEST_") {
			l.env = append(l.env, pair)
		}
	}
	return l
}

// add adds a package's test binary, to run in the package's directory.
func (l *load) add(ctx context.Context, name, dir, binary string, args []string, limit time.Duration) error {
	home := path.Join(vmtest.SourceDir, l.place(dir))
	if err := l.file(binary, path.Join(home, "package.test")); err != nil {
		return err
	}
	if err := l.tree(filepath.Join(dir, "testdata"), path.Join(home, "testdata")); err != nil {
		return err
	}
	if err := l.prebuilt(ctx, dir, home); err != nil {
		return err
	}
	if err := l.actor(); err != nil {
		return err
	}
	l.jobs = append(l.jobs, vmtest.Job{Name: name, Dir: home, Argv: append([]string{path.Join(home, "package.test")}, args...),
		Env: l.env, Limit: limit})
	return nil
}

// place is the directory's name in the guest.
func (l *load) place(dir string) string {
	root := dir
	for root != "/" {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Dir(root)
	}
	relative, err := filepath.Rel(root, dir)
	if err != nil {
		return filepath.Base(dir)
	}
	return filepath.ToSlash(relative)
}

func (l *load) file(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	l.files = append(l.files, vmtest.File{Path: to, Mode: uint32(info.Mode().Perm()), Data: data})
	return err
}

// tree adds a directory, if it is there.
func (l *load) tree(from, to string) error {
	return filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && file == from {
			return nil
		}
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		there := path.Join(to, filepath.ToSlash(relative))
		switch entry.Type() {
		case 0:
			return l.file(file, there)
		case fs.ModeSymlink:
			target, err := os.Readlink(file)
			l.files = append(l.files, vmtest.File{Path: there, Data: []byte(target), Link: true})
			return err
		}
		return nil
	})
}

// tools adds the guest's compilers and debuggers.
func (l *load) tools() error {
	dir, err := l.guest.Tools()
	if err != nil {
		return err
	}
	return l.tree(dir, "/")
}

// prebuilt builds the programs that a package's tests would have to build for
// themselves: a guest has no compilers. A line of testdata/prebuilt is a name and
// the arguments of go build, or cc with those of a C compiler in testdata; or cc32,
// where the guest runs 32-bit programs that another compiler makes.
func (l *load) prebuilt(ctx context.Context, dir, home string) error {
	text, err := os.ReadFile(filepath.Join(dir, "testdata", "prebuilt"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "vmtest-prebuilt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		out := filepath.Join(tmp, words[0])
		compiler, compiler32, env, err := l.guest.Compilers()
		if err != nil {
			return err
		}
		switch testdata := filepath.Join(dir, "testdata"); words[1] {
		case "cc":
			err = l.compile(ctx, compiler, env, testdata, out, words[2:])
		case "cc32":
			if compiler32 == "" {
				continue
			}
			err = l.compile(ctx, compiler32, env, testdata, out, words[2:])
		default:
			err = buildIn(ctx, l.guest, dir, out, append([]string{"build"}, words[1:]...)...)
		}
		if err != nil {
			return err
		}
		if err := l.file(out, path.Join(home, "testdata", words[0])); err != nil {
			return err
		}
	}
	return nil
}

// compile builds a C program that needs no libraries in the guest.
func (l *load) compile(ctx context.Context, compiler string, env []string, dir, out string, args []string) error {
	cmd := exec.CommandContext(ctx, compiler, append([]string{"-O1", "-w", "-static", "-o", out}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w (scripts/guests %s gets a compiler)\n%s", cmd.Args, err, l.guest.Name, text)
	}
	return nil
}

// actor adds the program of package actor, once.
func (l *load) actor() error {
	if l.hasActor {
		return nil
	}
	l.hasActor = true
	compiler, compiler32, env, err := l.guest.Compilers()
	if err != nil {
		return err
	}
	file, err := actor.Build(compiler, compiler32, env)
	if err != nil {
		return fmt.Errorf("%w; scripts/guests %s gets a compiler", err, l.guest.Name)
	}
	if err := l.file(file, vmtest.ActorPath); err != nil {
		return err
	}
	if err := l.file(file+"32", vmtest.ActorPath+"32"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l.env = append(l.env, actor.EnvProgram+"="+vmtest.ActorPath)
	return nil
}

// pkg is a package with or without tests.
type pkg struct {
	path, dir string
	tests     bool
}

// listPackages asks go list, for the guest's architecture.
func listPackages(ctx context.Context, guest vmtest.Guest, patterns []string) ([]pkg, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles"}, patterns...)...)
	cmd.Env = environ(guest)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var list []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir           string
			TestGoFiles, XTestGoFiles []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		list = append(list, pkg{p.ImportPath, p.Dir, len(p.TestGoFiles)+len(p.XTestGoFiles) > 0})
	}
}

func environ(guest vmtest.Guest) []string {
	return append(os.Environ(), "GOOS=linux", "GOARCH="+guest.GOARCH, "CGO_ENABLED=0")
}

func build(ctx context.Context, guest vmtest.Guest, out, verb string, args ...string) error {
	return buildIn(ctx, guest, "", out, append([]string{verb}, args...)...)
}

// buildIn runs go build or go test -c for the guest in a directory.
func buildIn(ctx context.Context, guest vmtest.Guest, dir, out string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{args[0], "-o", out}, args[1:]...)...)
	cmd.Dir = dir
	cmd.Env = environ(guest)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd.Args, err, text)
	}
	return nil
}
