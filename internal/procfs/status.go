package procfs

import (
	"bytes"
	"strconv"
)

// Status is what /proc/TID/status says, as far as tracers care.
type Status struct {
	Name      string
	State     byte // R, S, D, T (stopped), t (tracing stop), Z, X, I
	TID       int  // Pid in the file
	Group     int  // Tgid, the process
	Parent    int  // PPid
	Tracer    int  // TracerPid, 0 if there is none
	Threads   int
	Kernel    bool  // Kthread; kernels before 6.9 do not say
	Namespace []int // NSpid: the id in each PID namespace, ours first
	Groups    []int // NSpgid: the same of its process group
	Sessions  []int // NSsid: and of its session

	UIDs [4]int // real, effective, saved, file system
	GIDs [4]int

	// Sets of signals, bit n-1 for signal n: pending for the thread, pending
	// for the process, blocked, ignored, handled.
	Pending, SharedPending, Blocked, Ignored, Caught uint64

	Permitted, Effective uint64 // capabilities
	NoNewPrivs           bool
	Seccomp              int // 0 none, 1 strict, 2 filter
	Filters              int // how many; kernels before 5.9 do not say

	Voluntary uint64 // how often it has given up the processor by itself
}

// ReadStatus reads /proc/TID/status.
func ReadStatus(tid int) (Status, error) {
	var s Status
	err := withFile(tid, "status", func(b []byte) (err error) {
		s, err = ParseStatus(b)
		return err
	})
	return s, err
}

// ParseStatus parses the content of a status file. Lines that it does not know
// are skipped, so that it can read what future kernels write.
func ParseStatus(text []byte) (Status, error) {
	var s Status
	const state, pid, tgid = 1, 2, 4
	seen := 0
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		key, value, ok := bytes.Cut(line, []byte{':'})
		if !ok {
			continue
		}
		value = bytes.TrimLeft(value, "\t ")
		good := true
		switch string(key) {
		case "Name":
			s.Name = unescape(value)
		case "State":
			if good = len(value) != 0 && letter(value[0]); good {
				s.State = value[0]
			}
			seen |= state
		case "Pid":
			s.TID, good = decimal(value)
			seen |= pid
		case "Tgid":
			s.Group, good = decimal(value)
			seen |= tgid
		case "PPid":
			s.Parent, good = decimal(value)
		case "TracerPid":
			s.Tracer, good = decimal(value)
		case "Threads":
			s.Threads, good = decimal(value)
		case "Kthread":
			s.Kernel = string(value) == "1"
		case "NSpid":
			s.Namespace, good = decimals(value)
		case "NSpgid":
			s.Groups, good = decimals(value)
		case "NSsid":
			s.Sessions, good = decimals(value)
		case "Uid":
			good = four(value, &s.UIDs)
		case "Gid":
			good = four(value, &s.GIDs)
		case "SigPnd":
			s.Pending, good = hex(value)
		case "ShdPnd":
			s.SharedPending, good = hex(value)
		case "SigBlk":
			s.Blocked, good = hex(value)
		case "SigIgn":
			s.Ignored, good = hex(value)
		case "SigCgt":
			s.Caught, good = hex(value)
		case "CapPrm":
			s.Permitted, good = hex(value)
		case "CapEff":
			s.Effective, good = hex(value)
		case "NoNewPrivs":
			s.NoNewPrivs = string(value) == "1"
		case "Seccomp":
			s.Seccomp, good = decimal(value)
		case "voluntary_ctxt_switches":
			n, err := strconv.ParseUint(string(value), 10, 64)
			s.Voluntary, good = n, err == nil
		case "Seccomp_filters":
			s.Filters, good = decimal(value)
		}
		if !good {
			return s, errFormat
		}
	}
	if seen != state|pid|tgid {
		return s, errFormat
	}
	return s, nil
}

// unescape undoes what the kernel's proc_task_name does: newline and backslash
// are written as \n and \\.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '\\' && i+1 < len(b) {
			i++
			if c = b[i]; c == 'n' {
				c = '\n'
			}
		}
		out = append(out, c)
	}
	return string(out)
}

func four(b []byte, out *[4]int) bool {
	fields := bytes.Fields(b)
	if len(fields) != 4 {
		return false
	}
	for i, field := range fields {
		var ok bool
		if out[i], ok = decimal(field); !ok {
			return false
		}
	}
	return true
}

// letter reports whether c can be the state of a thread.
// decimals parses several numbers.
func decimals(b []byte) (list []int, ok bool) {
	for _, field := range bytes.Fields(b) {
		n, ok := decimal(field)
		if !ok {
			return nil, false
		}
		list = append(list, n)
	}
	return list, true
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

func decimal(b []byte) (int, bool) {
	n, err := strconv.Atoi(string(b))
	return n, err == nil
}

func hex(b []byte) (uint64, bool) {
	n, err := strconv.ParseUint(string(b), 16, 64)
	return n, err == nil
}
