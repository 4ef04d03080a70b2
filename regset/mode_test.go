//go:build linux && (amd64 || 386)

package regset_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

func TestRG7_WideViewOfNarrowThread(t *testing.T) {
	p := testtracee.Start(t, 32)
	narrow, wide := view(32), view(64)
	for i, name := range gprNames[32] {
		if i == 4 {
			continue
		}
		write(t, narrow, p, name, 0x80000001+uint64(i))
		if got := read(t, wide, p, gprNames[64][i]); got != 0x80000001+uint64(i) {
			t.Errorf("%s is seen as %s %#x", name, gprNames[64][i], got)
		}
		write(t, wide, p, gprNames[64][i], 7+uint64(i))
		if got := read(t, narrow, p, name); got != 7+uint64(i) {
			t.Errorf("%s written as %s is %#x", name, gprNames[64][i], got)
		}
	}
	if got := read(t, wide, p, "orig_rax"); got != ^uint64(0) {
		t.Errorf("no system call is seen as %#x", got)
	}
	if got := read(t, wide, p, "r8"); got != 0 {
		t.Errorf("r8 is %#x", got)
	}
	for name, value := range map[string]uint64{"r8": 1, "rax": 1 << 40} {
		if err := wide.WriteUint(p, name, value); !errors.Is(err, regset.ErrValue) {
			t.Errorf("%s = %#x: %v, want ErrValue", name, value, err)
		}
	}
	value := []byte("sixteen bytes ok")
	if err := wide.Write(p, "xmm5", value); err != nil {
		t.Fatal(err)
	}
	if got, err := narrow.Read(p, "xmm5"); err != nil || !bytes.Equal(got, value) {
		t.Errorf("xmm5 is %q, %v", got, err)
	}
	if n, err := wide.Sets[0].Get(p, 0, make([]byte, 216)); n != 216 || err != nil {
		t.Errorf("the general registers have %d bytes, %v", n, err)
	}
}

func TestRG7_NarrowViewOfWideThread(t *testing.T) {
	p := testtracee.Start(t, 64)
	narrow, wide := view(32), view(64)
	write(t, wide, p, "rbx", 0x1122334455667788)
	write(t, wide, p, "rcx", 0x1122334455667788)
	if got := read(t, narrow, p, "ebx"); got != 0x55667788 {
		t.Errorf("ebx is %#x", got)
	}
	write(t, narrow, p, "ecx", 5)
	if got := read(t, wide, p, "rcx"); got != 5 {
		t.Errorf("rcx is %#x after a write of ecx", got)
	}
	if got := read(t, wide, p, "rbx"); got != 0x1122334455667788 {
		t.Errorf("rbx is %#x after a write of ecx", got)
	}
	value := []byte("sixteen bytes ok")
	if err := wide.Write(p, "xmm5", value); err != nil {
		t.Fatal(err)
	}
	if got, err := narrow.Read(p, "xmm5"); err != nil || !bytes.Equal(got, value) {
		t.Errorf("xmm5 is %q, %v", got, err)
	}
}

func TestTLS(t *testing.T) {
	p := testtracee.Start(t, 32)
	s := view(32).Set(regset.NoteTLS)
	if n, err := s.Active(p); n != 0 || err != nil {
		t.Errorf("%d descriptors are in use, %v", n, err)
	}
	bias, err := s.Bias(p)
	if err != nil || bias != 12 && bias != 6 {
		t.Errorf("the first descriptor is number %d, %v", bias, err)
	}
	// Base 0x1000, limit 0xfffff pages, 32-bit, useable.
	desc := make([]byte, 16)
	for i, w := range []uint32{uint32(bias + 1), 0x1000, 0xfffff, 1 | 1<<4 | 1<<6} {
		binary.LittleEndian.PutUint32(desc[4*i:], w)
	}
	if err := s.Put(p, 16, desc); err != nil {
		t.Fatal(err)
	}
	if got := read(t, view(32), p, "tls1_base"); got != 0x1000 {
		t.Errorf("base is %#x", got)
	}
	if n, err := s.Active(p); n != 2 || err != nil {
		t.Errorf("%d descriptors are in use, %v, want 2", n, err)
	}
}
