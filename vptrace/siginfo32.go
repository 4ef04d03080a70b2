package vptrace

import "github.com/utrace/utrace"

// siginfoHead is si_signo, si_errno and si_code.
const siginfoHead = 12

// narrowSiginfo converts for a 32-bit tracer.
func narrowSiginfo(info *utrace.Siginfo) utrace.Siginfo { return info.Narrow() }

// widenSiginfo converts what a 32-bit tracer has given.
func widenSiginfo(info *utrace.Siginfo) utrace.Siginfo { return info.Widen() }
