package actor

import (
	"strconv"
	"strings"
)

// signalNames are the signals of Linux on x86 (signal(7)), by number.
var signalNames = strings.Fields("- HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT " +
	"CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS")

// rtmin is the first real-time signal as the kernel counts.
const rtmin = 32

// SignalNumber is the number of a signal such as "USR1", "SIGUSR1" or
// "RTMIN+2"; 0 if there is none of that name.
func SignalNumber(name string) int {
	name = strings.TrimPrefix(name, "SIG")
	for n, s := range signalNames[1:] {
		if s == name {
			return n + 1
		}
	}
	if rest, ok := strings.CutPrefix(name, "RTMIN"); ok {
		n, err := strconv.Atoi(strings.TrimPrefix(rest, "+"))
		if rest == "" || (err == nil && n >= 0 && n <= 64-rtmin) {
			return rtmin + n
		}
	}
	return 0
}

// SignalName is the name of a signal without SIG.
func SignalName(n int) string {
	switch {
	case n > 0 && n < len(signalNames):
		return signalNames[n]
	case n == rtmin:
		return "RTMIN"
	case n > rtmin && n <= 64:
		return "RTMIN+" + strconv.Itoa(n-rtmin)
	}
	return "signal " + strconv.Itoa(n)
}
