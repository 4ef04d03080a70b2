package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/internal/procfs"
)

// Under a filter the kernel has no strict mode (seccomp_may_assign_mode in
// kernel/seccomp.c). A program that asks for it gets a filter that allows the four
// calls, and for any other it is killed by SIGKILL, by an engine.

// strictMessage is what the filter tells with calls that are not allowed.
const strictMessage = 0x7574

const setModeStrict, setModeFilter = 0, 1

// strictCalls are those that strict mode allows (mode1_syscalls in
// kernel/seccomp.c).
var strictCalls = map[bool][]string{
	false: {"read", "write", "exit", "rt_sigreturn"},
	true:  {"read", "write", "exit", "sigreturn"}, // of 32-bit programs
}

func strictRules() (rules []notify.Rule) {
	for _, abi := range tracerABIs() {
		for _, name := range strictCalls[abi.WordSize == 4] {
			if call, ok := abi.ByName(name); ok {
				rules = append(rules, notify.Rule{Arch: abi.AuditArch, Number: uint32(call.Number), Arg: notify.Any})
			}
		}
	}
	return rules
}

// strict serves the request for strict mode.
func (s *Server) strict(c *call) {
	status, err := procfs.ReadStatus(int(c.TID))
	if err != nil || status.Filters != 1 {
		s.pass(c) // EINVAL, with a filter of its own
		return
	}
	original := s.ledger.In().Call
	install := &filterCall{s: s, call: original, word: c.word(), program: notify.Only(strictRules(), strictMessage)}
	s.substitute(original, func(r *utrace.Report, turn int, result int64) (substitute, bool) {
		switch turn {
		case 0:
			w := &warder{s: s, tid: int(original.TID)}
			_, err := r.Attach(w.tid, w, utrace.WithName("strict seccomp"), utrace.WithLayer(nearKernel),
				utrace.WithEvents(utrace.EventVerdict|utrace.EventDeath))
			if err != nil {
				return substitute{value: -int64(syscall.EINVAL)}, false
			}
			return install.make(r, 0)
		case 1:
			install.end(r)
			if result != -int64(syscall.EACCES) {
				break
			}
			// Strict mode needs no privilege and filters do; without any, they
			// need this, which nobody in strict mode can notice.
			nr, _ := numberOf("prctl", original.Arch)
			return substitute{number: nr, args: [6]uint64{prSetNoNewPrivs, 1}}, true
		case 2:
			return install.make(r, 0)
		default:
			install.end(r)
		}
		if result == 0 {
			s.confined[int(original.TID)] = struct{}{}
		}
		return substitute{value: result}, false
	})
}

// warder kills a thread in strict mode that makes another call.
type warder struct {
	s   *Server
	tid int
}

// ReportVerdict is such a call.
func (w *warder) ReportVerdict(r *utrace.Report, _ *utrace.Syscall, data uint32) utrace.Action {
	if data == strictMessage {
		w.s.killConfined(r.Thread().Group(), w.tid)
	}
	return utrace.Resume
}

// ReportDeath forgets it.
func (w *warder) ReportDeath(*utrace.Report, *utrace.Death) utrace.Action {
	delete(w.s.confined, w.tid)
	return utrace.Detach
}

// ownVerdict reports whether a filter of ours has made it.
func (s *Server) ownVerdict(tid int, data uint32) bool {
	_, confined := s.confined[tid]
	return confined && data == strictMessage || s.guards[tid] != nil && data == innerMessage
}

func (s *Server) killConfined(tgid, tid int) { _ = syscall.Tgkill(tgid, tid, sigkill) }

// filterCall has a thread install a filter of ours. The program is put into its
// stack, beyond what the ABI lets it use below the stack pointer, for the time of
// the call.
type filterCall struct {
	s       *Server
	call    notify.Call
	word    int
	program []byte

	at    uint64
	saved []byte
}

// redZone is as large as that of any ABI.
const redZone = 512

// make puts the program in its place.
func (f *filterCall) make(r *utrace.Report, flags uint64) (x substitute, ok bool) {
	var b [512]byte
	gpr, abi, err := general(r, b[:])
	if err != nil {
		return substitute{value: -int64(syscall.EFAULT)}, false
	}
	const header = 16 // struct sock_fprog
	f.at = (abi.SP(gpr) - redZone - header - uint64(len(f.program))) &^ 15
	image := make([]byte, header, header+len(f.program))
	binary.NativeEndian.PutUint16(image, uint16(len(f.program)/filterInsnSize))
	if f.word == 4 {
		binary.NativeEndian.PutUint32(image[4:], uint32(f.at+header))
	} else {
		binary.NativeEndian.PutUint64(image[8:], f.at+header)
	}
	image = append(image, f.program...)
	f.saved = make([]byte, len(image))
	if n, err := r.ReadMemory(f.at, f.saved); err != nil || n != len(image) {
		return substitute{value: -int64(syscall.EFAULT)}, false
	}
	if n, err := r.WriteMemory(f.at, image); err != nil || n != len(image) {
		return substitute{value: -int64(syscall.EFAULT)}, false
	}
	nr, _ := numberOf("seccomp", f.call.Arch)
	return substitute{number: nr, args: [6]uint64{setModeFilter, flags, f.at}}, true
}

// end takes it away.
func (f *filterCall) end(r *utrace.Report) { _, _ = r.WriteMemory(f.at, f.saved) }
