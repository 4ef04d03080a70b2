package tracehook

// field is a part of siginfo_t: where it is for 64-bit and for 32-bit programs,
// and its sizes.
type field struct{ at, at32, size, size32 int }

// The union of siginfo_t, by what kind of signal it is (siginfo_layout in
// kernel/signal.c, copy_siginfo_to_external32).
var (
	layoutSent  = []field{{16, 12, 4, 4}, {20, 16, 4, 4}, {24, 20, 8, 4}}
	layoutChild = []field{{16, 12, 4, 4}, {20, 16, 4, 4}, {24, 20, 4, 4}, {32, 24, 8, 4}, {40, 28, 8, 4}}
	layoutFault = []field{{16, 12, 8, 4}, {24, 16, 2, 2}, {32, 20, 8, 4}, {40, 24, 8, 4}}
	layoutPoll  = []field{{16, 12, 8, 4}, {24, 16, 4, 4}}
	layoutCall  = []field{{16, 12, 8, 4}, {24, 16, 4, 4}, {28, 20, 4, 4}}
)

// Codes of asm-generic/siginfo.h.
const (
	codeKernel     = 0x80 // SI_KERNEL
	codeHardwareBP = 4    // TRAP_HWBKPT, the last of SIGTRAP with an address
)

// Signals by their numbers on Linux, wherever a recording is read.
const (
	sigill, sigtrap, sigbus, sigfpe, sigsegv = 4, 5, 7, 8, 11
	sigchld, sigio, sigsys                   = 17, 29, 31
)

func (s *Siginfo) layout() []field {
	if s.Code() <= 0 || s.Code() == codeKernel {
		return layoutSent
	}
	switch s.Signo() {
	case sigchld:
		return layoutChild
	case sigill, sigfpe, sigsegv, sigbus:
		return layoutFault
	case sigtrap:
		if s.Code() <= codeHardwareBP {
			return layoutFault
		}
	case sigio:
		return layoutPoll
	case sigsys:
		return layoutCall
	}
	return layoutSent
}

// siginfoHead is si_signo, si_errno and si_code.
const siginfoHead = 12

// Narrow is the siginfo, in the layout of a 64-bit program, as a 32-bit one has it.
func (s *Siginfo) Narrow() (out Siginfo) {
	copy(out[:siginfoHead], s[:])
	for _, f := range s.layout() {
		copy(out[f.at32:f.at32+f.size32], s[f.at:])
	}
	return out
}

// Widen is the reverse of Narrow.
func (s *Siginfo) Widen() (out Siginfo) {
	copy(out[:siginfoHead], s[:])
	for _, f := range s.layout() {
		copy(out[f.at:f.at+f.size32], s[f.at32:])
	}
	return out
}
