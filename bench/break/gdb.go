package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// gdb has gdb do it, in a batch: it is told everything before it starts, and
// prints nothing at a hit. With a server, that evaluates the condition.
func gdb(program string, r *row, hits int, server bool) (time.Duration, error) {
	var script strings.Builder
	fmt.Fprintln(&script, "set pagination off\nset confirm off\nset breakpoint pending off\nset print thread-events off")
	args := fmt.Sprintf("%d %d", r.threads, hits)
	printed := filepath.Join(filepath.Dir(program), "printed")
	if server { // whose program prints to its standard error
		fmt.Fprintln(&script, "set sysroot /")
		fmt.Fprintf(&script, "target remote | exec %s gdbserver --once - %s %s 2>%s\n", pin(r), program, args, printed)
	}
	fmt.Fprint(&script, "break *hit")
	if r.condition {
		fmt.Fprint(&script, " if $rdi == -1")
	}
	fmt.Fprintln(&script)
	if !r.condition {
		fmt.Fprintln(&script, "commands\nsilent\ncontinue\nend")
	}
	if server {
		fmt.Fprintln(&script, "continue")
	} else {
		fmt.Fprintf(&script, "run %s < /dev/null\n", args)
	}
	file := filepath.Join(filepath.Dir(program), "script")
	if err := os.WriteFile(file, []byte(script.String()), 0o644); err != nil {
		return 0, err
	}
	line := strings.Fields(pin(r) + " gdb -nx -q -batch -x " + file + " " + program)
	cmd := exec.Command(line[0], line[1:]...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%q: %w\n%s", line, err, text)
	}
	if server {
		if text, err = os.ReadFile(printed); err != nil {
			return 0, err
		}
	}
	return took(text)
}

// pin is the command that has another one run on one processor.
func pin(r *row) string {
	if r.pinned {
		return "taskset 1"
	}
	return ""
}

// took finds what the program has measured in what it has printed.
func took(text []byte) (time.Duration, error) {
	_, rest, found := bytes.Cut(text, []byte("took "))
	var d time.Duration
	if _, err := fmt.Sscan(string(rest), (*int64)(&d)); err != nil || !found {
		return 0, fmt.Errorf("the program has not come to its end: %s", text)
	}
	return d, nil
}
