package sim

import (
	"fmt"

	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/tracehook"
)

// ID is the thread id.
func (k *task) ID() int { return k.t.id }

// Group is the process id.
func (k *task) Group() int { return k.t.proc.id }

// Start is when the thread started.
func (k *task) Start() uint64 { return k.t.start }

// Data is the handler's value.
func (k *task) Data() any { return k.data }

// SetData sets it.
func (k *task) SetData(v any) { k.data = v }

// SetInterest says what to report from the next stop on.
func (k *task) SetInterest(i tracehook.Interest) bool {
	k.interest = i
	return !k.gone && k.t.state != traced && i != k.armed
}

// check fails unless the thread is stopped and the handler knows.
func (k *task) check(what string) error {
	switch {
	case k.stopped:
		return nil
	case k.gone || k.deathReported || k.t.killed || k.t.task != k:
		return fmt.Errorf("%s thread %d: %w", what, k.t.id, tracehook.ErrGone)
	}
	return fmt.Errorf("%s thread %d: %w", what, k.t.id, tracehook.ErrRunning)
}

// at fails unless the thread is in a stop of one of two kinds.
func (k *task) at(what string, a, b tracehook.Kind) error {
	if err := k.check(what); err != nil {
		return err
	}
	if k.stopKind != a && k.stopKind != b {
		return fmt.Errorf("%s thread %d: not at a %v stop but at %v: %w", what, k.t.id, a, k.stopKind, tracehook.ErrInvalid)
	}
	return nil
}

// Resume ends the stop.
func (k *task) Resume(mode tracehook.Mode, signal int) error {
	if err := k.check("resume"); err != nil {
		return err
	}
	switch {
	case mode > tracehook.Listen:
		return fmt.Errorf("resume thread %d: mode %d: %w", k.t.id, mode, tracehook.ErrInvalid)
	case mode == tracehook.Listen && k.stopKind != tracehook.GroupStop:
		return fmt.Errorf("resume thread %d: listen needs a group-stop, not %v: %w", k.t.id, k.stopKind, errIO)
	case signal < 0 || signal > 64:
		return fmt.Errorf("resume thread %d: no signal %d: %w", k.t.id, signal, errIO)
	}
	t := k.t
	k.stopped = false
	k.armed = k.interest
	if k.stopKind == tracehook.Signal {
		t.deliver = signal
	}
	if mode == tracehook.Listen {
		t.listened = true
		if !t.trapStop && !t.trapNotify && !t.stopPending {
			t.w.park(t, listening)
			return nil
		}
		mode = tracehook.Run
	}
	t.stepping = mode
	t.w.makeRunnable(t)
	return nil
}

// Interrupt makes the thread report soon.
func (k *task) Interrupt() error {
	t := k.t
	if k.gone || k.deathReported || t.task != k {
		return fmt.Errorf("interrupt thread %d: %w", t.id, tracehook.ErrGone)
	}
	t.trapStop = true
	t.wake()
	t.endListening()
	return nil
}

// Detach ends stop and attachment.
func (k *task) Detach(signal int) error {
	if err := k.check("detach"); err != nil {
		return err
	}
	if signal < 0 || signal > 64 {
		return fmt.Errorf("detach thread %d: no signal %d: %w", k.t.id, signal, errIO)
	}
	if k.stopKind == tracehook.Signal {
		k.t.deliver = signal
	}
	k.letGo()
	return nil
}

// ABI is x86_64.
func (k *task) ABI() regset.ABI { return machineABI }

// ReadRegset reads a register set.
func (k *task) ReadRegset(note regset.Note, buf []byte) (int, error) {
	if err := k.check("read registers of"); err != nil {
		return 0, err
	}
	return k.t.readRegset(note, buf)
}

// WriteRegset writes a register set.
func (k *task) WriteRegset(note regset.Note, buf []byte) error {
	if err := k.check("write registers of"); err != nil {
		return err
	}
	return k.t.writeRegset(note, buf)
}

// PeekUser reads a word of struct user.
func (k *task) PeekUser(off uintptr) (uint64, error) {
	if err := k.check("read registers of"); err != nil {
		return 0, err
	}
	word, err := k.t.user(off)
	if err != nil {
		return 0, err
	}
	return *word, nil
}

// PokeUser writes a word of struct user.
func (k *task) PokeUser(off uintptr, value uint64) error {
	if err := k.check("write registers of"); err != nil {
		return err
	}
	word, err := k.t.user(off)
	if err == nil {
		*word = value
	}
	return err
}

// ReadMemory reads the address space.
func (k *task) ReadMemory(addr uint64, p []byte) (int, error) {
	if err := k.check("read memory of"); err != nil {
		return 0, err
	}
	n := k.t.proc.mm.read(addr, p)
	if n < len(p) {
		return n, fmt.Errorf("read memory of thread %d at %#x: %w", k.t.id, addr+uint64(n), errFault)
	}
	return n, nil
}

// WriteMemory writes the address space.
func (k *task) WriteMemory(addr uint64, p []byte) (int, error) {
	if err := k.check("write memory of"); err != nil {
		return 0, err
	}
	n := k.t.proc.mm.write(addr, p)
	if n < len(p) {
		return n, fmt.Errorf("write memory of thread %d at %#x: %w", k.t.id, addr+uint64(n), errFault)
	}
	return n, nil
}

// ReadMemoryV reads many ranges.
func (k *task) ReadMemoryV(ranges []tracehook.Range) error {
	if err := k.check("read memory of"); err != nil {
		return err
	}
	for i := range ranges {
		ranges[i].N = k.t.proc.mm.read(ranges[i].Addr, ranges[i].Data)
	}
	return nil
}
