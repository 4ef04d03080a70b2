package decode

import "strconv"

// A result is how the number that a call returns is printed.
type result uint8

const (
	resultDec     result = iota // an unsigned long
	resultHex                   // 0x7f0000000000
	resultOctal                 // 022
	resultFD                    // a file descriptor, with its path if asked for
	resultInt                   // an int, in which the kernel returns errors as if that were a long
	resultRuleset               // a file descriptor, unless the version was asked for
	resultPID                   // a process, with its name if asked for
)

// The error numbers with which the kernel restarts calls. They never reach the
// program (include/linux/errno.h).
const (
	erestartsys    = 512
	erestartnointr = 513
	erestartnohand = 514
	erestartBlock  = 516
)

// Result appends what the call returned: "3", "-1 ENOENT (No such file or
// directory)", "0 (Timeout)", "? ERESTARTSYS (To be restarted if SA_RESTART is
// set)". It must follow the Exit of the same call, whose arguments add to it.
func (d *Decoder) Result(buf []byte, c *Call) []byte {
	if c.IsError {
		return appendError(buf, uint64(c.Result))
	}
	v := c.Result
	if c.ABI.LongSize == 4 {
		v = int64(int32(v))
	}
	var ret result
	if c.spec != nil {
		ret = c.spec.ret
	}
	const version = 1 // LANDLOCK_CREATE_RULESET_VERSION
	switch {
	case d.hexResult:
		ret = resultHex
	case ret == resultRuleset && c.Args[2]&version == 0:
		ret = resultFD
	case d.processResult:
		ret = resultPID
	case d.fdResult:
		ret = resultFD
	}
	switch ret {
	case resultHex:
		if c.ABI.LongSize == 4 {
			v &= 0xffffffff
		}
		buf = appendHex(buf, uint64(v))
	case resultOctal:
		d.out = buf
		d.octal3(uint64(v))
		buf, d.out = d.out, nil
	case resultFD:
		buf = strconv.AppendInt(buf, v, 10)
		if d.opts.FD != nil && v >= 0 {
			buf = d.opts.FD(buf, c.TID, int32(v))
		}
	case resultPID:
		buf = strconv.AppendInt(buf, v, 10)
		if d.opts.PID != nil && (v > 0 || v < -1) {
			buf = d.opts.PID(buf, c.TID, int32(v))
		}
	default:
		if c.ABI.LongSize == 4 {
			v &= 0xffffffff
		}
		buf = strconv.AppendUint(buf, uint64(v), 10)
		if e := -int32(v); ret == resultInt && e > 0 && ErrnoName(int(e)) != "" {
			buf = appendErrno(append(buf, ' '), uint64(e))
		}
	}
	if len(d.aux) > 0 || d.noted {
		buf = append(buf, " ("...)
		buf = append(buf, d.aux...)
		buf = append(buf, ')')
	}
	return buf
}

func appendError(buf []byte, errno uint64) []byte {
	switch errno {
	case erestartsys:
		return append(buf, "? ERESTARTSYS (To be restarted if SA_RESTART is set)"...)
	case erestartnointr:
		return append(buf, "? ERESTARTNOINTR (To be restarted)"...)
	case erestartnohand:
		return append(buf, "? ERESTARTNOHAND (To be restarted if no handler)"...)
	case erestartBlock:
		return append(buf, "? ERESTART_RESTARTBLOCK (Interrupted by signal)"...)
	}
	return appendErrno(append(buf, "-1 "...), errno)
}

// appendErrno appends the name and the text of an error.
func appendErrno(buf []byte, errno uint64) []byte {
	name := ErrnoName(int(errno))
	if name == "" {
		buf = append(buf, "(errno "...)
		buf = strconv.AppendUint(buf, errno, 10)
		return append(buf, ')')
	}
	buf = append(buf, name...)
	buf = append(buf, " ("...)
	text := ErrnoText(int(errno))
	if text == "" {
		buf = append(buf, "Unknown error "...)
		buf = strconv.AppendUint(buf, errno, 10)
	}
	buf = append(buf, text...)
	return append(buf, ')')
}
