package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/utrace/utrace/hold"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace"
)

// crashReport is what is told of a crash. Its JSON form is stable: fields are
// only added.
type crashReport struct {
	V       int    `json:"v"`
	Event   string `json:"event"` // "held"
	PID     int    `json:"pid"`
	TID     int    `json:"tid"`
	Program string `json:"program,omitempty"`
	Thread  string `json:"thread,omitempty"`
	Signal  string `json:"signal"`
	Number  int    `json:"number"`
	Code    string `json:"code"`
	// Addr is what could not be accessed; Sender who sent the signal.
	Addr   string `json:"addr,omitempty"`
	Sender int    `json:"sender,omitempty"`
	// Place is the mapping that the program counter is in.
	Place     string     `json:"place,omitempty"`
	Registers []register `json:"registers,omitempty"`
}

// register is a register's name and value in hexadecimal.
type register struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// describe looks at a held process. What cannot be found out is left out: it
// may be killed any moment.
func describe(ctx context.Context, c *hold.Crash) *crashReport {
	t, info := c.Engine.Thread(), &c.Signal
	r := &crashReport{
		V: 1, Event: "held", PID: t.Group(), TID: t.ID(),
		Signal: strace.SignalName(info.Signo()), Number: info.Signo(),
		Code: strace.SignalCodeName(info.Signo(), info.Code()),
	}
	if r.Code == "" {
		r.Code = fmt.Sprint(info.Code())
	}
	switch {
	case info.Code() <= 0:
		r.Sender = info.PID()
	case faults(info.Signo()):
		r.Addr = fmt.Sprintf("%#x", info.Addr())
	}
	r.Program, _ = procfs.Exe(r.PID)
	if status, err := procfs.ReadStatus(r.TID); err == nil {
		r.Thread = status.Name
	}
	r.look(ctx, c)
	return r
}

// faults reports whether a signal of the kernel has an address (sigaction(2)).
func faults(number int) bool {
	switch syscall.Signal(number) {
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGILL, syscall.SIGFPE, syscall.SIGTRAP:
		return true
	}
	return false
}

// look reads the general registers, and finds out what the program counter
// points into.
func (r *crashReport) look(ctx context.Context, c *hold.Crash) {
	x, err := c.Engine.Examine(ctx)
	if err != nil {
		return
	}
	abi, err := x.ABI()
	if err != nil {
		return
	}
	for i := range abi.View().Sets[0].Registers {
		g := &abi.View().Sets[0].Registers[i]
		v, err := abi.View().ReadUint(x, g.Name)
		if err != nil {
			return
		}
		r.Registers = append(r.Registers, register{g.Name, fmt.Sprintf("%#x", v)})
	}
	gpr := make([]byte, abi.GeneralSize())
	if _, err := x.ReadRegset(abi.View().Sets[0].Note, gpr); err == nil {
		r.Place = place(r.PID, abi.PC(gpr))
	}
}

// place names the mapping at an address, and the offset in its file.
func place(pid int, addr uint64) (name string) {
	procfs.Maps(pid, func(m procfs.Mapping) bool {
		if addr < m.Start || addr >= m.End {
			return true
		}
		name = m.Path
		if name != "" {
			name = fmt.Sprintf("%s+%#x", m.Path, addr-m.Start+m.Offset)
		}
		return false
	})
	return name
}

// print prints the report for people.
func (r *crashReport) print(w io.Writer, o *holdOptions) {
	fmt.Fprintf(w, "utrace: process %d is held: %s", r.PID, r.Signal)
	switch {
	case r.Addr != "":
		fmt.Fprintf(w, " (%s) at address %s", r.Code, r.Addr)
	case r.Sender != 0:
		fmt.Fprintf(w, " (%s) from process %d", r.Code, r.Sender)
	default:
		fmt.Fprintf(w, " (%s)", r.Code)
	}
	fmt.Fprintf(w, "\n  program  %s\n  thread   %d (%s)\n", r.Program, r.TID, r.Thread)
	if r.Place != "" {
		fmt.Fprintf(w, "  in       %s\n", r.Place)
	}
	for i, g := range r.Registers {
		if i%3 == 0 {
			fmt.Fprint(w, "  ")
		}
		if i%3 == 2 || i == len(r.Registers)-1 {
			fmt.Fprintf(w, "%-8s %s\n", g.Name, g.Value)
		} else {
			fmt.Fprintf(w, "%-8s %-18s  ", g.Name, g.Value)
		}
	}
	if o.stop {
		fmt.Fprintf(w, "  debug    gdb -p %d\n  let die  kill -CONT %[1]d\n", r.PID)
		return
	}
	until := ""
	if o.timeout > 0 {
		until = fmt.Sprintf(", or wait %v", o.timeout)
	}
	fmt.Fprintf(w, "  look     /proc/%d; every thread stands still\n", r.PID)
	if o.Shared() { // else nobody else can trace it
		fmt.Fprintf(w, "           utrace stack %d; utrace run gdb -p %[1]d\n", r.PID)
	}
	fmt.Fprintf(w, "  let die  kill -CONT %d%s\n", r.PID, until)
}

// printJSON prints one line.
func printJSON(w io.Writer, v any) {
	var line strings.Builder
	if json.NewEncoder(&line).Encode(v) == nil {
		io.WriteString(w, line.String())
	}
}
