package limits

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/seccomp"
	"github.com/utrace/utrace/launch"
)

// nobody is a user without rights, whether or not it has a name here.
const nobody = 65534

// suidArgument makes a copy of this program trace the program that the next
// argument names.
const suidArgument = "trace-suid"

// traceSuid is that copy.
func traceSuid(program string) {
	core, err := host.Open(utrace.Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer core.Close()
	cmd := &launch.Command{Path: program, Args: []string{"id", "-u"}}
	p, err := host.Start(context.Background(), core, cmd, nil)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	p.Wait(context.Background())
}

// TestSetUserID runs a set-user-id program as a user without rights: free, it
// has its owner's; traced by that user, it has not.
func TestSetUserID(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a program that is set-user-id root")
	}
	dir, err := os.MkdirTemp("/var/tmp", "utrace") // where nobody can look, and nosuid is unusual
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	id, err := exec.LookPath("id")
	if err != nil {
		t.Fatal(err)
	}
	program, self := filepath.Join(dir, "id"), filepath.Join(dir, "self")
	for from, to := range map[string]string{id: program, "/proc/self/exe": self} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{dir: 0o755, program: 0o755 | os.ModeSetuid} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if free := run(program, "-u"); free != "0" {
		t.Fatalf("free: user %q; is %s on a file system that honours set-user-id?", free, dir)
	}
	if traced := run(self, suidArgument, program); traced != fmt.Sprint(nobody) {
		t.Errorf("traced: user %q, want %d", traced, nobody)
	}
}

// TestFilterWithoutTracer launches a program with a filter and lets go of it:
// its filtered calls fail from then on.
func TestFilterWithoutTracer(t *testing.T) {
	x := newTracer(t, utrace.Options{})
	filter, err := seccomp.Trace(map[seccomp.ABI][]uint32{
		seccomp.X8664: {syscall.SYS_KILL}, seccomp.X32: nil, seccomp.I386: nil,
	}, 0).Compile()
	if err != nil {
		t.Fatal(err)
	}
	in, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer release.Close()
	out, result, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p, err := host.Start(x.ctx, x.core, &launch.Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", "read x; kill -0 $$ 2>/dev/null; echo $?"},
		Files: []*os.File{in, result, os.Stderr}, Filter: filter,
	}, nil)
	in.Close()
	result.Close()
	if err != nil {
		t.Fatal(err)
	}
	x.core.Close()
	fmt.Fprintln(release)
	line := make([]byte, 32)
	n, _ := out.Read(line)
	if got := strings.TrimSpace(string(line[:n])); got != "1" {
		t.Errorf("kill without a tracer: status %q, want 1 (ENOSYS)", got)
	}
	if _, err := p.Wait(x.ctx); err != nil {
		t.Error(err)
	}
}
