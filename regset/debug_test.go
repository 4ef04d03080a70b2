//go:build linux && (amd64 || 386)

package regset_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

func TestRG5_Watchpoint(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		s := v.Set(regset.NoteDebug)
		if n, err := s.Active(p); n != 0 || err != nil {
			t.Fatalf("a new thread uses %d debug registers, %v", n, err)
		}
		// Enable slot 1: write, 4 bytes. Address and control in one write, and
		// the control register of the last round is still on in the second.
		const control = 1<<2 | 0b1101<<20
		for _, offset := range []uint64{0, 4, 0} {
			buf := make([]byte, 8*s.SlotSize)
			if _, err := s.Get(p, 0, buf); err != nil {
				t.Fatal(err)
			}
			putWord(buf[s.SlotSize:2*s.SlotSize], p.Target+offset)
			putWord(buf[6*s.SlotSize:7*s.SlotSize], 0)
			putWord(buf[7*s.SlotSize:], control)
			if err := s.Put(p, 0, buf); err != nil {
				t.Fatalf("offset %d: %v", offset, err)
			}
		}
		if n, err := s.Active(p); n != 8 || err != nil {
			t.Errorf("%d debug registers are in use, %v, want 8", n, err)
		}
		write(t, v, p, gprNames[p.Bits][4], testtracee.StackTop)
		body(t, v, p)
		p.Run()
		if pc := read(t, v, p, pcName[p.Bits]); pc != p.Second {
			t.Errorf("stopped at %#x, want %#x, behind the first store", pc, p.Second)
		}
		if status := read(t, v, p, "dr6"); status&2 == 0 {
			t.Errorf("dr6 is %#x, slot 1 did not hit", status)
		}
		write(t, v, p, "dr7", 0)
		p.Run() // to the program's own trap
	})
}

func putWord(b []byte, v uint64) {
	var w [8]byte
	binary.LittleEndian.PutUint64(w[:], v)
	copy(b, w[:])
}

func TestRG5_StepOntoWatchpoint(t *testing.T) {
	if os.Getenv("UTRACE_GUEST") != "" {
		t.Skip("an emulated processor does not get past a watchpoint that a step meets (qemu 10)")
	}
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		write(t, v, p, "dr0", p.Target)
		write(t, v, p, "dr7", 1|0b1101<<16)
		body(t, v, p)
		p.Step()
		if pc := read(t, v, p, pcName[p.Bits]); pc != p.Second {
			t.Errorf("stepped to %#x, want %#x", pc, p.Second)
		}
		// Both reasons for the one trap are told.
		const hit, step = 1, 1 << 14
		if status := read(t, v, p, "dr6"); status&(hit|step) != hit|step {
			t.Errorf("dr6 is %#x, want the watchpoint and the step", status)
		}
	})
}

func TestRG5_ThreadPrivate(t *testing.T) {
	p, other := testtracee.Start(t, 64), testtracee.Start(t, 64)
	v := view(64)
	write(t, v, p, "dr0", p.Target)
	write(t, v, p, "dr7", 1|0b1101<<16)
	if n, err := v.Set(regset.NoteDebug).Active(other); n != 0 || err != nil {
		t.Errorf("another thread uses %d debug registers, %v", n, err)
	}
	body(t, v, other)
	other.Run()
	if pc := read(t, v, other, "rip"); pc == other.Second {
		t.Error("another thread was stopped by the watchpoint")
	}
}

func TestRG5_Order(t *testing.T) {
	eachMode(t, func(t *testing.T, p *testtracee.Tracee, v *regset.View) {
		// A control register may be set before its address was: the address is
		// 0 then.
		write(t, v, p, "dr7", 1|0b0001<<16)
		if got := read(t, v, p, "dr0"); got != 0 {
			t.Errorf("dr0 is %#x", got)
		}
		write(t, v, p, "dr7", 0)
		// Refused: a 4-byte watch at an odd address. All is as before.
		s := v.Set(regset.NoteDebug)
		write(t, v, p, "dr0", p.Target)
		before, now := make([]byte, 8*s.SlotSize), make([]byte, 8*s.SlotSize)
		if _, err := s.Get(p, 0, before); err != nil {
			t.Fatal(err)
		}
		bad := bytes.Clone(before)
		putWord(bad[:s.SlotSize], p.Target+1)
		putWord(bad[7*s.SlotSize:], 1|0b1101<<16)
		if err := s.Put(p, 0, bad); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("an unaligned watchpoint: %v, want EINVAL", err)
		}
		if _, err := s.Get(p, 0, now); err != nil || !bytes.Equal(now, before) {
			t.Errorf("after a refusal: %x, %v, want %x", now, err, before)
		}
		// An address of the kernel is refused.
		if p.Bits == 64 {
			if err := v.WriteUint(p, "dr0", 1<<63); err == nil {
				t.Error("an address of the kernel was taken")
			}
		}
		putWord(bad, p.Target)
		putWord(bad[4*s.SlotSize:5*s.SlotSize], 1)
		if err := s.Put(p, 0, bad); !errors.Is(err, regset.ErrValue) {
			t.Errorf("dr4: %v, want ErrValue", err)
		}
	})
}
