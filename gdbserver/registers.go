package gdbserver

import (
	"bytes"
	"errors"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/regset"
)

// layoutFor is the layout of the process that a thread which stands is of.
func (p *process) layoutFor(r *utrace.Report) *layout {
	if p.layout == nil || p.layout.abi != r.ABI() {
		p.layout = newLayout(r.ABI(), r, p.s.plain, p.s.lldb)
	}
	return p.layout
}

// withRegisters calls f with a thread that stands: the one that the packet is
// about. An observer's, and a non-stop client's that runs, is stopped for a
// moment.
func (s *session) withRegisters(dst []byte, t *thread, f func(dst []byte, l *layout, r *utrace.Report) ([]byte, error)) ([]byte, error) {
	if t.engine == nil {
		return nil, s.withStopped(t.p.pid, t.id, func(r *utrace.Report) ([]byte, error) {
			return f(nil, t.p.layoutFor(r), r)
		})
	}
	r, err := t.engine.Held()
	if err != nil {
		if errors.Is(err, utrace.ErrAgain) {
			return nil, err
		}
		return nil, failed
	}
	return f(dst, t.p.layoutFor(r), r)
}

// registers parses a packet about registers, and finds the thread that it is about.
func (s *session) registers(packet []byte) (x rsp.Registers, t *thread, err error) {
	if x, err = rsp.ParseRegisters(packet); err != nil {
		return x, nil, err
	}
	if !x.Named {
		t, err = s.selected()
	} else if t = s.find(x.Thread); t == nil {
		err = failed
	}
	return x, t, err
}

// readRegisters serves g. Runs are encoded; other replies do without, which not all
// clients (Delve) expect in binary ones. A thread that was killed while the client holds
// it has registers, too, which are zero, as with gdbserver: gdb 13 resumes none without.
func (s *session) readRegisters(dst, packet []byte) ([]byte, error) {
	_, t, err := s.registers(packet)
	if err != nil {
		return nil, err
	}
	if t.p.exit != nil && t.p.layout != nil {
		return rsp.Compress(nil, t.p.layout.zero(dst)), nil
	}
	return s.withRegisters(dst, t, func(dst []byte, l *layout, r *utrace.Report) ([]byte, error) {
		if all := l.all(r); all != nil {
			return append(dst, all...), nil
		}
		return rsp.Compress(nil, l.zero(dst)), nil
	})
}

// writeRegisters serves G. Sets of which nothing changes are not written: the
// kernel does not take all values back that it gives.
func (s *session) writeRegisters(dst, packet []byte) ([]byte, error) {
	x, t, err := s.registers(packet)
	if err != nil {
		return nil, err
	}
	values := x.Values
	return s.withRegisters(dst, t, func(dst []byte, l *layout, r *utrace.Report) ([]byte, error) {
		if len(values) > l.size {
			return nil, failed
		}
		for i, set := range l.sets {
			content := l.read(i, r)
			changed := bytes.Clone(content)
			for j := range l.registers {
				x := &l.registers[j]
				if x.set != i || x.offset+x.width > len(values) {
					continue
				}
				if err := x.store(changed, values[x.offset:x.offset+x.width]); err != nil {
					continue // there is none to be written
				}
			}
			if bytes.Equal(content, changed) {
				continue
			}
			if err := set.Put(r, 0, changed); err != nil {
				return nil, registerError(err)
			}
		}
		return ok(dst)
	})
}

func registerError(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno < 0x100 {
		return &rsp.Error{Code: byte(errno)}
	}
	return failed
}

// readRegister serves p.
func (s *session) readRegister(dst, packet []byte) ([]byte, error) {
	x, t, err := s.registers(packet)
	if err != nil {
		return nil, err
	}
	return s.withRegisters(dst, t, func(dst []byte, l *layout, r *utrace.Report) ([]byte, error) {
		if x.Number >= uint64(len(l.registers)) {
			return nil, failed
		}
		one := &l.registers[x.Number]
		value, err := one.bytes(nil, l.read(one.set, r))
		if err != nil {
			return rsp.AppendUnavailable(dst, one.width), nil
		}
		return rsp.AppendHex(dst, value), nil
	})
}

// writeRegister serves P.
func (s *session) writeRegister(dst, packet []byte) ([]byte, error) {
	x, t, err := s.registers(packet)
	if err != nil {
		return nil, err
	}
	return s.withRegisters(dst, t, func(dst []byte, l *layout, r *utrace.Report) ([]byte, error) {
		if x.Number >= uint64(len(l.registers)) || len(x.Values) != l.registers[x.Number].width {
			return nil, failed
		}
		one := &l.registers[x.Number]
		set := l.sets[one.set]
		content := l.read(one.set, r)
		if err := one.store(content, x.Values); err != nil {
			return nil, registerError(err)
		}
		if err := set.Put(r, 0, content); err != nil {
			return nil, registerError(err)
		}
		return ok(dst)
	})
}

// expedited are the registers of a stop reply.
func (t *thread) expedited() (list []rsp.RegisterValue) {
	r, err := t.engine.Held()
	if err != nil {
		return nil
	}
	l := t.p.layoutFor(r)
	content := l.general
	n, err := l.sets[0].Get(r, 0, content)
	if err != nil {
		return nil
	}
	for _, i := range l.expedited {
		if value, err := l.registers[i].bytes(nil, content[:n]); err == nil {
			list = append(list, rsp.RegisterValue{Number: i, Value: value})
		}
	}
	return list
}

// readPC and writePC are about a thread that stands.
func readPC(r *utrace.Report) (uint64, error) {
	var gpr [maxGeneral]byte
	n, err := r.ReadRegset(regset.NotePRStatus, gpr[:r.ABI().GeneralSize()])
	if err != nil {
		return 0, err
	}
	return r.ABI().PC(gpr[:n]), nil
}

func writePC(r *utrace.Report, pc uint64) error {
	var gpr [maxGeneral]byte
	n, err := r.ReadRegset(regset.NotePRStatus, gpr[:r.ABI().GeneralSize()])
	if err != nil {
		return err
	}
	r.ABI().SetPC(gpr[:n], pc)
	return r.WriteRegset(regset.NotePRStatus, gpr[:n])
}

// maxGeneral is more than any architecture's general registers need.
const maxGeneral = 512
