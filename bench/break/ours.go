package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/regset"
)

// ours has package breakpoint do it.
func ours(program string, r *row, hits int) (time.Duration, error) {
	// To be on one processor with the program takes a process of its own.
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	line := append(strings.Fields(pin(r)), self, "-hit", program, fmt.Sprint(r.threads), fmt.Sprint(hits), fmt.Sprint(r.condition))
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	return took(text)
}

// hit is that process.
func hit(program, threads, hits string, conditional bool) error {
	ctx := context.Background()
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return err
	}
	defer core.Close()
	stdin, in, err := os.Pipe()
	if err != nil {
		return err
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		return err
	}
	p, err := host.Start(ctx, core, &launch.Command{Path: program, Args: []string{program, threads, hits},
		Files: []*os.File{stdin, stdout, os.Stderr}}, nil)
	stdin.Close()
	stdout.Close()
	if err != nil {
		return err
	}
	text := bufio.NewReader(out)
	spec := breakpoint.Spec{Condition: never()}
	if !conditional {
		spec = breakpoint.Spec{Hit: func(*utrace.Report, *breakpoint.Breakpoint) utrace.Action { return utrace.Resume }}
	}
	if _, err := fmt.Fscanf(text, "0x%x\n", &spec.Addr); err != nil {
		return err
	}
	m, err := breakpoint.Open(ctx, core, p.PID(), utrace.Process)
	if err != nil {
		return err
	}
	b, err := m.Set(ctx, spec)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(in, "\n"); err != nil {
		return err
	}
	if _, err := io.Copy(os.Stdout, text); err != nil {
		return err
	}
	if _, err := p.Wait(ctx); err != nil {
		return err
	}
	if b.Reached() == 0 || conditional == (b.Hits() != 0) {
		return fmt.Errorf("%d reached and %d hits are not what they should be", b.Reached(), b.Hits())
	}
	return nil
}

// never is a condition about the first argument of a function, which is that of
// a system call, too.
func never() func(*utrace.Report, *breakpoint.Breakpoint) bool {
	var gpr [512]byte
	return func(r *utrace.Report, _ *breakpoint.Breakpoint) bool {
		n, err := r.ReadRegset(regset.NotePRStatus, gpr[:])
		return err == nil && int64(r.ABI().Arg(gpr[:n], 0)) == -1
	}
}
