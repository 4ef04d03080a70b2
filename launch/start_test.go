package launch

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/utrace/utrace/internal/seccomp"
	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/scale"
)

// output runs a command with its standard output and error in a file.
func output(t *testing.T, cmd *Command) (string, Status) {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd.Files = []*os.File{nil, file, file}
	p, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Release(); err != nil {
		t.Error(err)
	}
	if err := p.ExecError(); err != nil {
		t.Error(err)
	}
	status, err := p.Wait(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), status
}

func shell(script string, args ...string) *Command {
	return &Command{Path: "/bin/sh", Args: append([]string{"sh", "-c", script}, args...)}
}

func TestCommand(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	group := strconv.Itoa(unix.Getpgrp())
	for name, test := range map[string]struct {
		cmd  *Command
		want string
		code int
	}{
		"arguments":      {shell(`echo "$0|$1|$2"; exit 7`, "zero", "", "two words"), "zero||two words\n", 7},
		"directory":      {&Command{Path: "/bin/pwd", Dir: dir}, dir + "\n", 0},
		"environment":    {&Command{Path: "/usr/bin/env", Env: []string{"B=2", "A=1", "A=1"}}, "B=2\nA=1\nA=1\n", 0},
		"no environment": {&Command{Path: "/usr/bin/env", Env: []string{}}, "", 0},
		"group kept":     {shell("cut -d' ' -f5 /proc/$$/stat"), group + "\n", 0},
		"group new":      {&Command{Path: "/bin/sh", Args: []string{"sh", "-c", `[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo own`}, SetPgid: true}, "own\n", 0},
		"no random":      {&Command{Path: "/bin/cat", Args: []string{"cat", "/proc/self/personality"}, NoRandomize: true}, "00040000\n", 0},
		"closed file":    {shell("[ -e /proc/$$/fd/0 ] || echo closed"), "closed\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			text, status := output(t, test.cmd)
			if text != test.want || !status.Exited() || status.ExitStatus() != test.code {
				t.Errorf("%q, status %#x; want %q, exit %d", text, status.WaitStatus, test.want, test.code)
			}
			if status.Usage == nil || status.Usage.Maxrss == 0 {
				t.Errorf("usage: %+v", status.Usage)
			}
		})
	}
}

// A changed environment is meant for the children.
func TestEnvironmentOfProgram(t *testing.T) {
	t.Setenv("LAUNCH_TEST", "new")
	if text, _ := output(t, &Command{Path: "/usr/bin/env"}); !strings.Contains(text, "\nLAUNCH_TEST=new\n") {
		t.Errorf("no LAUNCH_TEST in %q", text)
	}
}

func TestFiles(t *testing.T) {
	// Each goes where another one is, or was.
	var files []*os.File
	for i := range 4 {
		f, err := os.Create(filepath.Join(t.TempDir(), strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	least := int(files[0].Fd())
	table := make([]*os.File, least+4)
	for i := range files {
		table[least+i] = files[len(files)-1-i]
	}
	table[1], table[0] = files[0], files[0]
	cmd := shell(`for fd; do readlink /proc/$$/fd/$fd; done`, "sh")
	for i := range files {
		cmd.Args = append(cmd.Args, strconv.Itoa(least+i))
	}
	cmd.Files = table
	p, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Release(); err != nil {
		t.Error(err)
	}
	if _, err := p.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(files[0].Name())
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, f := range slices.Backward(files) {
		want.WriteString(f.Name() + "\n")
	}
	if string(text) != want.String() {
		t.Errorf("got\n%swant\n%s", text, want.String())
	}
}

func TestUser(t *testing.T) {
	cmd := shell("id -u; id -g; id -G")
	cmd.User = &User{UID: 65534, GID: 65533, Groups: []uint32{65533, 7}}
	if os.Getuid() != 0 {
		if _, err := Start(cmd); !errors.Is(err, unix.EPERM) {
			t.Errorf("without privileges: %v", err)
		}
		return
	}
	if text, _ := output(t, cmd); text != "65534\n65533\n65533 7\n" {
		t.Errorf("%q", text)
	}
}

func TestFailures(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := filepath.Join(dir, "loop")
	if err := os.Symlink(link, link); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cmd  Command
		op   string
		want error
		code int
	}{
		"empty":          {Command{}, "exec", unix.ENOENT, 127},
		"missing":        {Command{Path: "/nonexistent"}, "exec", unix.ENOENT, 127},
		"interpreter":    {Command{Path: write("script", "#!/nonexistent\n", 0o755)}, "exec", unix.ENOENT, 127},
		"directory":      {Command{Path: dir}, "exec", unix.EACCES, 126},
		"mode":           {Command{Path: write("mode", "#!/bin/sh\n", 0o644)}, "exec", unix.EACCES, 126},
		"junk":           {Command{Path: write("junk", "junk", 0o755)}, "exec", unix.ENOEXEC, 126},
		"loop":           {Command{Path: link}, "exec", unix.ELOOP, 126},
		"long":           {Command{Path: "/bin/true", Args: []string{"true", strings.Repeat("x", 32*os.Getpagesize())}}, "exec", unix.E2BIG, 126},
		"chdir":          {Command{Path: "/bin/true", Dir: "/nonexistent"}, "chdir", unix.ENOENT, 125},
		"zero in path":   {Command{Path: "/bin/true\x00"}, "zero byte in argument", unix.EINVAL, 125},
		"zero in args":   {Command{Path: "/bin/true", Args: []string{"a\x00b"}}, "zero byte in argument", unix.EINVAL, 125},
		"long filter":    {Command{Path: "/bin/true", Filter: make([]unix.SockFilter, 5000)}, "seccomp", unix.EINVAL, 125},
		"invalid filter": {Command{Path: "/bin/true", Filter: make([]unix.SockFilter, 1)}, "seccomp", unix.EINVAL, 125},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Start(&test.cmd)
			if err == nil {
				if err := p.Release(); err != nil {
					t.Error(err)
				}
				err = p.ExecError()
				if again := p.ExecError(); again != err {
					t.Errorf("first %v, then %v", err, again)
				}
				if status, werr := p.Wait(context.Background()); werr != nil || status.ExitStatus() != failStatus {
					t.Errorf("wait: status %#x, %v", status.WaitStatus, werr)
				}
			}
			var step *Error
			if !errors.As(err, &step) || step.Op != test.op || !errors.Is(err, test.want) {
				t.Errorf("%v, want %s: %v", err, test.op, test.want)
			}
			if code := ExitCode(err); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
		})
	}
}

func TestClosedFile(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := Start(&Command{Path: "/bin/true", Files: []*os.File{f}}); !errors.Is(err, unix.EBADF) {
		t.Errorf("a closed file: %v", err)
	}
}

// native is the ABI that this package calls the kernel by.
var native = map[string]seccomp.ABI{
	"amd64": seccomp.X8664, "386": seccomp.I386, "arm64": seccomp.ARM64,
	"riscv64": seccomp.RISCV64, "ppc64le": seccomp.PPC64LE, "s390x": seccomp.S390X,
}[runtime.GOARCH]

func compile(t *testing.T, answer uint32, calls map[seccomp.ABI][]uint32) []unix.SockFilter {
	t.Helper()
	f := seccomp.Filter{Calls: calls, Match: answer, Rest: seccomp.RetAllow, Unknown: seccomp.RetAllow}
	code, err := f.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestFilter(t *testing.T) {
	cmd := shell("mkdir x; grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status")
	// mkdir and mkdirat, whatever ABI the installed programs have.
	cmd.Filter = compile(t, seccomp.RetErrno|uint32(unix.ENOTBLK), map[seccomp.ABI][]uint32{
		seccomp.X8664: {83, 258}, seccomp.I386: {39, 296}, seccomp.ARM64: {34}, seccomp.RISCV64: {34},
		seccomp.PPC64LE: {39, 287}, seccomp.S390X: {39, 289},
	})
	text, _ := output(t, cmd)
	private := "1"
	if isAdmin() {
		private = "0"
	}
	for _, want := range []string{"Block device required", "NoNewPrivs:\t" + private, "Seccomp:\t2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %q", want, text)
		}
	}
}

// The filter sees no call of ours but the last.
func TestFilterBegins(t *testing.T) {
	for name, test := range map[string]struct {
		filter []unix.SockFilter
		want   error
	}{
		"refused":   {compile(t, seccomp.RetErrno|uint32(unix.ENOTBLK), map[seccomp.ABI][]uint32{native: {unix.SYS_EXECVE}}), unix.ENOTBLK},
		"no tracer": {compile(t, seccomp.RetTrace, map[seccomp.ABI][]uint32{native: {unix.SYS_EXECVE}}), unix.ENOSYS},
	} {
		p, err := Start(&Command{Path: "/bin/true", Filter: test.filter})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Release(); err != nil {
			t.Error(err)
		}
		if err := p.ExecError(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if _, err := p.Wait(context.Background()); err != nil {
			t.Error(err)
		}
	}

	// A filter under which neither exec nor report nor exit is possible: the
	// process ends nevertheless.
	p, err := Start(&Command{Path: "/bin/true", Filter: compile(t, seccomp.RetTrace, map[seccomp.ABI][]uint32{
		native: {unix.SYS_EXECVE, unix.SYS_SENDTO, unix.SYS_EXIT_GROUP},
	})})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Release(); err != nil {
		t.Error(err)
	}
	status, err := p.Wait(context.Background())
	if err != nil || !status.Signaled() {
		t.Errorf("status %#x, %v", status.WaitStatus, err)
	}
}

// Many at once, beside os/exec: nobody loses a child, and no descriptor of one
// is seen by another.
func TestBesideExec(t *testing.T) {
	const list = "ls /proc/self/fd"
	want, err := exec.Command("/bin/sh", "-c", list).Output()
	if err != nil {
		t.Fatal(err)
	}
	before := descriptors()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range scale.Rounds(100) {
				if got, err := exec.Command("/bin/sh", "-c", list).Output(); err != nil || string(got) != string(want) {
					t.Errorf("os/exec: %q, %v", got, err)
					return
				}
			}
		})
		wg.Go(func() {
			for range scale.Rounds(50) {
				r, w, err := os.Pipe()
				if err != nil {
					t.Error(err)
					return
				}
				cmd := shell(list)
				null, err := os.Open(os.DevNull)
				if err != nil {
					t.Error(err)
					return
				}
				cmd.Files = []*os.File{null, w, null}
				p, err := Start(cmd)
				if err != nil {
					t.Error(err)
					return
				}
				w.Close()
				null.Close()
				if err := errors.Join(p.Release(), p.ExecError()); err != nil {
					t.Error(err)
				}
				got, err := io.ReadAll(r)
				r.Close()
				if err != nil || string(got) != string(want) {
					t.Errorf("launched: %q, %v", got, err)
				}
				if status, err := p.Wait(context.Background()); err != nil || status.WaitStatus != 0 {
					t.Errorf("status %#x, %v", status.WaitStatus, err)
				}
			}
		})
	}
	wg.Wait()
	if after := descriptors(); !slices.Equal(before, after) {
		t.Errorf("descriptors before %q, after %q", before, after)
	}
}
