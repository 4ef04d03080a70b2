package strace

import (
	"strconv"
	"strings"
)

// signalNames are the names of signals 1 to 31 on all architectures that the
// package's tables cover (include/uapi/asm-generic/signal.h).
var signalNames = [32]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
	9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM", 16: "SIGSTKFLT",
	17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP", 21: "SIGTTIN", 22: "SIGTTOU", 23: "SIGURG", 24: "SIGXCPU",
	25: "SIGXFSZ", 26: "SIGVTALRM", 27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO", 30: "SIGPWR", 31: "SIGSYS",
}

// firstRealTime is the kernel's SIGRTMIN. The C library keeps the first two
// for itself, so that its SIGRTMIN is SIGRT_2.
const firstRealTime = 32

// appendSignal appends a signal's name as strace writes it: SIGUSR1, SIGRT_3,
// and a bare number for what is no signal.
func appendSignal(buf []byte, sig int) []byte {
	switch {
	case sig == firstRealTime:
		return append(buf, "SIGRTMIN"...)
	case sig > firstRealTime && sig <= 64:
		return strconv.AppendInt(append(buf, "SIGRT_"...), int64(sig-firstRealTime), 10)
	case sig > 0 && sig < len(signalNames):
		return append(buf, signalNames[sig]...)
	}
	return strconv.AppendInt(buf, int64(sig), 10)
}

// signalNumber understands SIGINT, sigint, INT, SIGRT_3 and 2.
func signalNumber(name string) (int, bool) {
	if n, ok := natural(name); ok {
		return n, n <= 255
	}
	name, _ = strings.CutPrefix(strings.ToUpper(name), "SIG")
	if name == "RTMIN" {
		return firstRealTime, true
	}
	if rest, ok := strings.CutPrefix(name, "RT_"); ok {
		n, ok := natural(rest)
		return n + firstRealTime, ok && n <= 64-firstRealTime
	}
	for sig, n := range signalNames {
		if n != "" && n[len("SIG"):] == name {
			return sig, true
		}
	}
	return 0, false
}
