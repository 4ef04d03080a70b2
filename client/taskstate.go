package client

import (
	"slices"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/regset"
)

// notePRStatus is NT_PRSTATUS of elf.h: the general registers.
const notePRStatus = 1

// ABI implements tracehook.Task.
func (t *task) ABI() regset.ABI {
	if t.abi == nil {
		var r api.RegisterValues
		if t.call(api.MethodRegs, api.Registers{Attachment: t.loop.core, Thread: t.id}, &r) != nil {
			return regset.NativeABI()
		}
		abis := regset.ABIs()
		i := slices.IndexFunc(abis, func(abi regset.ABI) bool { return abi.Name() == r.ABI })
		if i < 0 {
			return regset.NativeABI()
		}
		t.abi = abis[i]
		if machine, ok := t.abi.(regset.Watcher); ok {
			t.abi = &watcher{t.abi, machine, t}
		}
	}
	return t.abi
}

// ReadRegset implements regset.Transport.
func (t *task) ReadRegset(note regset.Note, p []byte) (int, error) {
	var r api.RegisterValues
	err := t.call(api.MethodRegs, api.Registers{Attachment: t.loop.core, Thread: t.id, Note: uint32(note)}, &r)
	if err != nil {
		return 0, err
	}
	if note == notePRStatus && t.abi != nil && t.abi.Name() != r.ABI {
		t.abi = nil // it has changed its word size with its code segment
	}
	return copy(p, r.Data), nil
}

// WriteRegset implements regset.Transport.
func (t *task) WriteRegset(note regset.Note, p []byte) error {
	return t.call(api.MethodSet, api.SetRegisters{Attachment: t.loop.core, Thread: t.id, Note: uint32(note), Data: p}, nil)
}

// PeekUser implements regset.Transport.
func (t *task) PeekUser(off uintptr) (uint64, error) {
	var u api.UserWord
	err := t.call(api.MethodUser, api.UserWord{Attachment: t.loop.core, Thread: t.id, Offset: uint64(off)}, &u)
	if err != nil || u.Value == nil {
		return 0, err
	}
	return uint64(*u.Value), nil
}

// PokeUser implements regset.Transport.
func (t *task) PokeUser(off uintptr, v uint64) error {
	return t.call(api.MethodUser, api.UserWord{Attachment: t.loop.core, Thread: t.id, Offset: uint64(off), Value: (*api.Uint64)(&v)}, nil)
}

// watcher is the ABI of a machine with debug registers. They belong to all engines
// of the owner: what is set here are watches that it finds a place for.
type watcher struct {
	regset.ABI
	machine regset.Watcher
	task    *task
}

var _ regset.LateWatcher = (*watcher)(nil)

// WatchSlots implements regset.Watcher.
func (w *watcher) WatchSlots() int { return w.machine.WatchSlots() }

// SplitWatch implements regset.Watcher.
func (w *watcher) SplitWatch(x regset.Watch) ([]regset.Watch, error) { return w.machine.SplitWatch(x) }

// HoldsWatches implements regset.Watcher.
func (w *watcher) HoldsWatches(off uintptr) bool { return w.machine.HoldsWatches(off) }

// HoldsWatchesIn implements regset.Watcher.
func (w *watcher) HoldsWatchesIn(note regset.Note) bool { return w.machine.HoldsWatchesIn(note) }

// PassWatch implements regset.LateWatcher. Where threads stop before what matches,
// the owner takes them past it.
func (w *watcher) PassWatch(gpr []byte) {
	if machine, ok := w.machine.(regset.LateWatcher); ok {
		machine.PassWatch(gpr)
	}
}

// SetWatches implements regset.Watcher.
func (w *watcher) SetWatches(_ regset.Transport, slots []regset.Watch) error {
	t := w.task
	t.hits = nil
	for _, x := range slices.Clone(t.watches) {
		if !slices.Contains(slots, x) {
			if err := t.watch(api.MethodIgnore, x); err != nil {
				return err
			}
			t.watches = slices.DeleteFunc(t.watches, func(y regset.Watch) bool { return y == x })
		}
	}
	for _, x := range slots {
		if x.Len == 0 || slices.Contains(t.watches, x) {
			continue
		}
		if err := t.watch(api.MethodWatch, x); err != nil {
			return err
		}
		t.watches = append(t.watches, x)
	}
	// A hit is told by its index.
	t.slots = slices.Clone(slots)
	return nil
}

// TakeWatchHits implements regset.LateWatcher.
func (w *watcher) TakeWatchHits(regset.Transport) (hits uint, err error) {
	t := w.task
	for i, x := range t.slots {
		if slices.Contains(t.hits, x) {
			hits |= 1 << i
		}
	}
	t.hits = nil
	return hits, nil
}

func (t *task) watch(method string, x regset.Watch) error {
	return t.call(method, api.Watch{
		Attachment: t.loop.core, Thread: t.id, Kind: x.Kind.String(), Addr: api.Uint64(x.Addr), Len: x.Len,
	}, nil)
}
