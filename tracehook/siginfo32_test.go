package tracehook

import (
	"testing"
	"unsafe"
)

// TestNarrow: what a 32-bit program can hold comes back from its form.
func TestNarrow(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) == 4 {
		t.Skip("to a 32-bit tracer the kernel gives that form itself")
	}
	for _, c := range []struct{ signo, code int }{
		{11, 1}, {11, 0x80}, {17, 1}, {5, 2}, {5, 5}, {29, 1}, {31, 1}, {10, 0}, {10, -1}, {14, -2},
	} {
		var s Siginfo
		s.SetSigno(c.signo)
		s.SetCode(c.code)
		for _, f := range s.layout() {
			for i := range f.size32 {
				s[f.at+i] = byte(16*f.at32 + i + 1)
			}
		}
		narrow := s.Narrow()
		if wide := narrow.Widen(); wide != s {
			t.Errorf("signal %d, code %d: %x became %x", c.signo, c.code, s, wide)
		}
	}
	var s Siginfo
	s.SetSigno(11)
	s.SetCode(1)
	s.SetAddr(0x12345678)
	if narrow := s.Narrow(); narrow[12] != 0x78 || narrow[15] != 0x12 {
		t.Errorf("si_addr is not behind si_code in %x", narrow)
	}
}
