package strace

import (
	"os"
	"time"

	"github.com/utrace/utrace/record/pprof"
)

// pprofForm writes --pprof. It has no words, only names.
type pprofForm struct {
	silent
	file    *os.File
	profile pprof.Profile
	stack   []string // scratch
}

func newPprof(l *Log, file *os.File) output {
	return &pprofForm{silent: silent{l}, file: file}
}

// attach prints no notice: the lines' formatter does.
func (f *pprofForm) attach(*Tracee, time.Time) {}

func (f *pprofForm) exit(t *Tracee, at time.Time, _ time.Duration, status StatusSet) {
	if status&(Successful|Failed) == 0 {
		return
	}
	f.stack = append(f.stack[:0], t.Call.ABI.CallName(t.Call.Nr))
	for i := range t.Stack {
		f.stack = append(f.stack, t.Stack[i].name())
	}
	f.stack = append(f.stack, t.Name+" (process "+itoa(t.PID)+")")
	f.profile.Add(f.stack, t.entered, t.took, status == Failed)
}

func (f *pprofForm) close() error { return errorsOf(f.profile.Write(f.file), f.file.Close()) }

func (f *pprofForm) fileName() string { return f.file.Name() }
