package client

import (
	"bytes"
	"context"
	"syscall"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/tracehook"
)

// A core plants breakpoints by writing their instructions. Here they become
// breakpoints of the owner's, which are shared with other engines and go with
// this client. What is read is as if they had been written.

// traps are the breakpoints in a process.
type traps map[uint64]struct{}

// trapsOf are those of a process.
func (l *loop) trapsOf(group int) traps {
	m := l.traps[group]
	if m == nil {
		m = traps{}
		l.traps[group] = m
	}
	return m
}

// inlineMemory bounds what one message brings.
const inlineMemory = 256 << 10

// ReadMemory implements tracehook.Task.
func (t *task) ReadMemory(addr uint64, p []byte) (int, error) {
	r := [1]tracehook.Range{{Addr: addr, Data: p}}
	err := t.ReadMemoryV(r[:])
	if err == nil && r[0].N < len(p) {
		err = syscall.EIO
	}
	return r[0].N, err
}

// ReadMemoryV implements tracehook.Task. What fits is asked for at once.
func (t *task) ReadMemoryV(ranges []tracehook.Range) error {
	if err := t.check(); err != nil {
		return err
	}
	for len(ranges) != 0 {
		n, total := 0, 0
		for n < len(ranges) && total+len(ranges[n].Data) <= inlineMemory {
			total += len(ranges[n].Data)
			n++
		}
		if n == 0 { // one that is longer
			if err := t.readLong(&ranges[0]); err != nil {
				return err
			}
			n = 1
		} else if err := t.readSome(ranges[:n]); err != nil {
			return err
		}
		ranges = ranges[n:]
	}
	return nil
}

// readSome reads what fits one message.
func (t *task) readSome(ranges []tracehook.Range) error {
	params := api.Read{Attachment: t.loop.core, Thread: t.id}
	for i := range ranges {
		params.Ranges = append(params.Ranges, api.Range{Addr: api.Uint64(ranges[i].Addr), Len: len(ranges[i].Data)})
	}
	var m api.Memory
	if err := t.call(api.MethodRead, params, &m); err != nil {
		return err
	}
	for i := range ranges {
		r := &ranges[i]
		r.N = 0
		if i < len(m.Data) {
			r.N = copy(r.Data, m.Data[i])
		}
		t.overlay(r.Addr, r.Data[:r.N])
	}
	return nil
}

// readLong reads by way of a descriptor.
func (t *task) readLong(r *tracehook.Range) error {
	var m api.Memory
	fds, err := t.loop.client.CallFDs(context.Background(), api.MethodRead, api.Read{
		Attachment: t.loop.core, Thread: t.id, Descriptor: true,
		Ranges: []api.Range{{Addr: api.Uint64(r.Addr), Len: len(r.Data)}},
	}, &m)
	for _, fd := range fds {
		defer syscall.Close(fd)
	}
	r.N = 0
	if err != nil || len(fds) != 1 || len(m.Lengths) != 1 {
		return translate(err)
	}
	if r.N, err = syscall.Pread(fds[0], r.Data[:min(m.Lengths[0], len(r.Data))], 0); err != nil {
		return err
	}
	t.overlay(r.Addr, r.Data[:r.N])
	return nil
}

// overlay puts the breakpoints into what was read.
func (t *task) overlay(addr uint64, p []byte) {
	planted := t.loop.traps[t.group]
	if len(planted) == 0 {
		return
	}
	insn := t.ABI().BreakpointInsn()
	for at := range planted {
		for i, b := range insn {
			if off := at + uint64(i) - addr; off < uint64(len(p)) {
				p[off] = b
			}
		}
	}
}

// WriteMemory implements tracehook.Task.
func (t *task) WriteMemory(addr uint64, p []byte) (int, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	planted, insn := t.loop.trapsOf(t.group), t.ABI().BreakpointInsn()
	if bytes.Equal(p, insn) && t.executable(addr) {
		if err := t.trap(api.MethodPlant, addr); err != nil {
			return 0, err
		}
		planted[addr] = struct{}{}
		return len(p), nil
	}
	out := p
	for at := range planted {
		off := int64(at - addr)
		switch {
		case off <= -int64(len(insn)) || off >= int64(len(p)):
		case off >= 0 && bytes.HasPrefix(p[off:], insn):
			// It stays: beneath it is what has been there.
			original := make([]byte, len(insn))
			if n, _ := t.readOriginal(at, original); n == len(insn) {
				if &out[0] == &p[0] {
					out = bytes.Clone(p)
				}
				copy(out[off:], original)
			}
		default:
			if err := t.trap(api.MethodLift, at); err != nil {
				return 0, err
			}
			delete(planted, at)
		}
	}
	return t.write(addr, out)
}

// readOriginal reads memory without our breakpoints.
func (t *task) readOriginal(addr uint64, p []byte) (int, error) {
	var m api.Memory
	err := t.call(api.MethodRead, api.Read{
		Attachment: t.loop.core, Thread: t.id, Ranges: []api.Range{{Addr: api.Uint64(addr), Len: len(p)}},
	}, &m)
	if err != nil || len(m.Data) != 1 {
		return 0, err
	}
	return copy(p, m.Data[0]), nil
}

func (t *task) trap(method string, addr uint64) error {
	return t.call(method, api.Breakpoint{Attachment: t.loop.core, Thread: t.id, Addr: api.Uint64(addr)}, nil)
}

// write writes, piece by piece.
func (t *task) write(addr uint64, p []byte) (done int, err error) {
	for done < len(p) {
		piece := p[done:min(len(p), done+inlineMemory)]
		var w api.Written
		err := t.call(api.MethodWrite, api.Write{
			Attachment: t.loop.core, Thread: t.id, Addr: api.Uint64(addr + uint64(done)), Data: piece,
		}, &w)
		if err != nil {
			return done, err
		}
		if done += w.Len; w.Len < len(piece) {
			return done, syscall.EIO
		}
	}
	return done, nil
}

// executable reports whether there is code at an address: elsewhere the same bytes
// are data.
func (t *task) executable(addr uint64) (yes bool) {
	_ = procfs.Maps(t.id, func(m procfs.Mapping) bool {
		if addr < m.Start || addr >= m.End {
			return true
		}
		yes = m.Exec
		return false
	})
	return yes
}
