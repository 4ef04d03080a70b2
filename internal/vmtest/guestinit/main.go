// Command guestinit is the first process of a guest: it mounts what programs
// expect, runs the jobs that package vmtest has put into the file system, and
// says on the console how each ended.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/vmtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Println("guestinit:", err)
	}
	// Should nobody end the emulator.
	syscall.Sync()
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART)
}

func run() error {
	setUp()
	token := ""
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	for word := range strings.FieldsSeq(string(line)) {
		if value, ok := strings.CutPrefix(word, "vmtest="); ok {
			token = value
		}
	}
	text, err := os.ReadFile(vmtest.JobsFile)
	if err != nil {
		return err
	}
	var jobs []vmtest.Job
	if err := json.Unmarshal(text, &jobs); err != nil {
		return err
	}
	tools := vmtest.Job{Dir: "/", Argv: []string{"/bin/busybox", "--install", "-s", "/bin"}}
	if status := start(tools, os.Stdout).wait(time.Minute); status != 0 {
		return fmt.Errorf("busybox: status %d", status)
	}
	start(vmtest.Job{Dir: "/", Argv: []string{"/bin/ifconfig", "lo", "up"}}, os.Stdout).wait(time.Minute)
	mark := vmtest.Mark + " " + token
	for i, job := range jobs {
		fmt.Printf("%s start %d\n", mark, i)
		begin := time.Now()
		status := work(job)
		fmt.Printf("%s exit %d %d %d\n", mark, i, status, time.Since(begin).Milliseconds())
	}
	fmt.Printf("%s end\n", mark)
	return nil
}

// setUp mounts file systems. What fails is missed by the tests that need it.
func setUp() {
	for _, m := range []struct{ kind, at, data string }{
		{"proc", "/proc", ""}, {"sysfs", "/sys", ""}, {"devtmpfs", "/dev", ""},
		{"tmpfs", "/tmp", "mode=1777"}, {"tmpfs", "/dev/shm", "mode=1777"}, {"devpts", "/dev/pts", "ptmxmode=666"},
		{"tracefs", "/sys/kernel/tracing", ""}, {"cgroup2", "/sys/fs/cgroup", ""},
	} {
		os.MkdirAll(m.at, 0o755)
		syscall.Mount(m.kind, m.at, m.kind, 0, m.data)
	}
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		os.Symlink(target, "/dev/"+name)
	}
	// With tools there is a directory of this name, and links in it.
	os.MkdirAll("/usr", 0o755)
	os.Symlink("/bin", "/usr/bin")
	syscall.Sethostname([]byte("guest"))
	syscall.Umask(0o022)
	os.Clearenv()
	for name, value := range map[string]string{"PATH": "/usr/bin:/bin", "HOME": "/root", "TMPDIR": "/tmp", "LANG": "C"} {
		os.Setenv(name, value)
	}
}

// work runs a job and ends all that it leaves behind.
func work(job vmtest.Job) (status int) {
	r, w, err := os.Pipe()
	if err != nil {
		fmt.Println("guestinit:", err)
		return 127
	}
	copied := make(chan struct{})
	go func() {
		io.Copy(os.Stdout, r)
		close(copied)
	}()
	p := start(job, w)
	w.Close()
	status = p.wait(job.Limit)
	syscall.Kill(-1, syscall.SIGKILL)
	for {
		// ECHILD: nobody is left, and so nobody writes.
		if _, err := syscall.Wait4(-1, nil, syscall.WALL, nil); err == syscall.ECHILD {
			break
		}
	}
	<-copied
	return status
}

// process is a child of init. The zero process could not be started.
type process struct{ pid int }

func start(job vmtest.Job, out *os.File) process {
	null, err := os.Open(os.DevNull)
	if err != nil {
		fmt.Fprintln(out, "guestinit:", err)
		return process{}
	}
	defer null.Close()
	// A session of its own: no terminal.
	pid, err := syscall.ForkExec(job.Argv[0], job.Argv, &syscall.ProcAttr{Dir: job.Dir, Env: append(os.Environ(), job.Env...),
		Files: []uintptr{null.Fd(), out.Fd(), out.Fd()}, Sys: &syscall.SysProcAttr{Setsid: true}})
	if err != nil {
		fmt.Fprintf(out, "guestinit: %s: %v\n", job.Argv[0], err)
	}
	return process{pid}
}

// wait reaps, as the first process of a system has to, until p has ended.
func (p process) wait(limit time.Duration) int {
	if p.pid <= 0 {
		return 127
	}
	late := time.AfterFunc(limit, func() { syscall.Kill(p.pid, syscall.SIGKILL) })
	defer late.Stop()
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		switch {
		case err == syscall.EINTR || err == nil && pid != p.pid:
		case err != nil:
			return 127
		case status.Signaled():
			return 128 + int(status.Signal())
		default:
			return status.ExitStatus()
		}
	}
}
