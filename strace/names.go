package strace

import "github.com/utrace/utrace/strace/decode"

// SignalName is a signal's name as the trace shows it: SIGUSR1, SIGRT_3, and a
// bare number for what is no signal.
func SignalName(number int) string { return string(decode.AppendSignal(nil, number)) }

// SignalCodeName is the name of a si_code, such as SEGV_MAPERR; "" if it has
// none.
func SignalCodeName(signal, code int) string { return decode.SignalCode(signal, code) }
