package client

import (
	"fmt"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/tracehook"
)

// What is to become of a system call is said with the resumption.

// SetSyscall implements tracehook.Task.
func (t *task) SetSyscall(nr uint64, args [6]uint64) error {
	if err := t.at(tracehook.SyscallEntry); err != nil {
		return err
	}
	t.answer.Number, t.answer.Args = &nr, nil
	for _, v := range args {
		t.answer.Args = append(t.answer.Args, api.Uint64(v))
	}
	return nil
}

// SkipSyscall implements tracehook.Task.
func (t *task) SkipSyscall(result int64) error {
	if err := t.at(tracehook.SyscallEntry); err != nil {
		return err
	}
	t.answer.Skip, t.answer.Result = true, &result
	return nil
}

// SetResult implements tracehook.Task.
func (t *task) SetResult(result int64) error {
	if !t.answer.Skip {
		if err := t.at(tracehook.SyscallExit); err != nil {
			return err
		}
	}
	t.answer.Result = &result
	return t.check()
}

// at checks that the thread is stopped at an event.
func (t *task) at(kind tracehook.Kind) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.kind != kind {
		return fmt.Errorf("thread %d is not at %v, but at %v: %w", t.id, kind, t.kind, tracehook.ErrInvalid)
	}
	return nil
}
