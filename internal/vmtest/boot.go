package vmtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bootLimit is how long a guest may take to its first job, endLimit how much
// longer than its limit a job may need to be killed.
const (
	bootLimit = 5 * time.Minute
	endLimit  = time.Minute
)

// Boot boots a guest with these files, has it run the jobs, and calls done for
// each of them, in order. The error is for a guest that did not do that to the
// end; the jobs that are missing then have been reported with it.
//
// What jobs write while they run goes to live, if that is not nil.
func Boot(ctx context.Context, g Guest, jobs []Job, files []File, live func(text []byte), done func(Result)) error {
	tmp, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	token := strconv.FormatInt(time.Now().UnixNano(), 36)
	cmd, err := g.command(ctx, tmp, token, jobs, files)
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("guest %s: %w; scripts/guests %s gets what is missing", g.Name, err, g.Name)
	}
	c := &console{token: token, jobs: jobs, live: live, done: done}
	c.watch = time.AfterFunc(bootLimit, func() { cmd.Process.Kill() })
	defer c.watch.Stop()
	complete := c.read(out)
	cmd.Process.Kill() // it has nothing that could get lost
	waited := cmd.Wait()
	if complete {
		return nil
	}
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case c.late():
		err = errors.New("it took too long and was ended")
	default:
		err = fmt.Errorf("the emulator ended: %v %s", waited, complaints.String())
	}
	err = fmt.Errorf("guest %s, %s: %w", g.Name, c.where(), err)
	c.abandon(err)
	return err
}

// command is the emulator's, for an archive that it puts into tmp.
func (g Guest) command(ctx context.Context, tmp, token string, jobs []Job, files []File) (*exec.Cmd, error) {
	kernel, busybox, err := g.parts()
	if err != nil {
		return nil, err
	}
	tools, err := os.ReadFile(busybox)
	if err != nil {
		return nil, err
	}
	init, err := g.buildInit(ctx, tmp)
	if err != nil {
		return nil, err
	}
	list, err := json.Marshal(jobs)
	if err != nil {
		return nil, err
	}
	files = append(files[:len(files):len(files)], File{Path: "/init", Mode: 0o755, Data: init},
		File{Path: "/bin/busybox", Mode: 0o755, Data: tools}, File{Path: JobsFile, Data: list},
		File{Path: "/etc/passwd", Data: []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")},
		File{Path: "/etc/group", Data: []byte("root:x:0:\nnogroup:x:65534:\n")})
	initrd, err := os.Create(filepath.Join(tmp, "initrd"))
	if err != nil {
		return nil, err
	}
	err = writeArchive(initrd, files)
	if err := errors.Join(err, initrd.Close()); err != nil {
		return nil, err
	}
	program, env, args, err := g.emulator()
	if err != nil {
		return nil, err
	}
	args = append(args, g.machine...)
	args = append(args, "-accel", "tcg,thread=multi", "-smp", "1", "-m", "1536", "-nodefaults", "-nographic", "-no-reboot",
		"-monitor", "none", "-net", "none", "-kernel", kernel, "-initrd", initrd.Name(),
		"-append", "console="+g.console+" panic=-1 reboot=t rdinit=/init printk.devkmsg=off quiet loglevel=3 vmtest="+token)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}

// buildInit builds the guest's first process.
func (g Guest) buildInit(ctx context.Context, tmp string) ([]byte, error) {
	out := filepath.Join(tmp, "init")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "github.com/utrace/utrace/internal/vmtest/guestinit")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+g.GOARCH, "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the init of guest %s: %w\n%s", g.Name, err, text)
	}
	return os.ReadFile(out)
}
