package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
)

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

func siginfoLayout(info *utrace.Siginfo) []field {
	if info.Code() <= 0 || info.Code() == siKernel {
		return layoutSent
	}
	switch syscall.Signal(info.Signo()) {
	case syscall.SIGCHLD:
		return layoutChild
	case syscall.SIGILL, syscall.SIGFPE, syscall.SIGSEGV, syscall.SIGBUS:
		return layoutFault
	case syscall.SIGTRAP:
		if info.Code() <= trapHwbp {
			return layoutFault
		}
	case syscall.SIGIO:
		return layoutPoll
	case syscall.SIGSYS:
		return layoutCall
	}
	return layoutSent
}

// siginfoHead is si_signo, si_errno and si_code.
const siginfoHead = 12

// narrowSiginfo converts for a 32-bit tracer.
func narrowSiginfo(info *utrace.Siginfo) (out utrace.Siginfo) {
	copy(out[:siginfoHead], info[:])
	for _, f := range siginfoLayout(info) {
		copy(out[f.at32:f.at32+f.size32], info[f.at:])
	}
	return out
}

// widenSiginfo converts what a 32-bit tracer has given.
func widenSiginfo(info *utrace.Siginfo) (out utrace.Siginfo) {
	copy(out[:siginfoHead], info[:])
	for _, f := range siginfoLayout(info) {
		copy(out[f.at:f.at+f.size32], info[f.at32:])
	}
	return out
}
