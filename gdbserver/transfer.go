package gdbserver

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/tracehook"
)

// object is one that does not fit a packet, while it is read: it can change meanwhile,
// and its pieces would not go together.
type object struct {
	name, annex string
	content     []byte
}

// piece appends the part of an object that a client has asked for.
func (s *session) piece(dst []byte, x rsp.Transfer, content []byte) []byte {
	begin := len(dst)
	dst = x.Piece(dst, content, maxPacket-1)
	s.object = object{}
	if dst[begin] == 'm' {
		s.object = object{x.Object, x.Annex, content}
	}
	return dst
}

// transfer serves qXfer.
func (s *session) transfer(dst, packet []byte) ([]byte, error) {
	x, err := rsp.ParseTransfer(packet)
	if err != nil {
		return nil, err
	}
	if x.Object == "siginfo" {
		return s.siginfo(dst, x)
	}
	if x.Write {
		return nil, errUnsupported
	}
	if o := s.object; x.Offset != 0 && o.name == x.Object && o.annex == x.Annex {
		return s.piece(dst, x, o.content), nil
	}
	send := func(content []byte, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		return s.piece(dst, x, content), nil
	}
	switch x.Object {
	case "threads":
		return send(s.threadList(), nil)
	case "osdata": // of maybe thousands of processes
		return nil, s.later(func(context.Context) func() ([]byte, error) {
			content := osdata(x.Annex)
			return func() ([]byte, error) { return s.piece(nil, x, content), nil }
		})
	}
	t, err := s.selected()
	if err != nil && x.Object == "exec-file" && x.Annex == "" {
		return nil, err
	}
	switch x.Object {
	case "exec-file":
		return send(s.execFile(t, x.Annex))
	case "features":
		if x.Annex != "target.xml" || t == nil {
			return nil, failed
		}
		describe := func(dst []byte, l *layout, _ *utrace.Report) ([]byte, error) {
			return s.piece(dst, x, l.describe()), nil
		}
		if s.nonStop && t.state != stopped { // it may be asked for before anything stands
			return nil, s.withStopped(t.p.pid, t.id, func(r *utrace.Report) ([]byte, error) {
				return describe(nil, t.p.layoutFor(r), r)
			})
		}
		return s.withRegisters(dst, t, describe)
	case "auxv":
		if t == nil {
			return nil, failed
		}
		object, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", t.p.pid))
		if err != nil {
			return nil, failed
		}
		return send(object, nil)
	case "libraries-svr4":
		if t == nil {
			return nil, failed
		}
		return s.libraries(dst, t, x)
	}
	return nil, errUnsupported
}

// execFile is the file of a process's program: of the one that the annex names,
// or of the current one.
func (s *session) execFile(t *thread, annex string) ([]byte, error) {
	pid := 0
	if annex == "" {
		pid = t.p.pid
	} else if n, valid := rsp.ParsePID([]byte(annex)); valid {
		pid = n
	} else {
		return nil, failed
	}
	path, err := procfs.Exe(pid)
	if err != nil {
		return nil, failed
	}
	return []byte(path), nil
}

// threadList is the list of threads.
func (s *session) threadList() []byte {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<threads>\n")
	for _, t := range s.threads() {
		fmt.Fprintf(&b, "<thread id=\"%s\"", t.name().AppendTo(nil, s.multi))
		if core := coreOf(t); core >= 0 {
			fmt.Fprintf(&b, " core=\"%d\"", core)
		}
		if name := commOf(t.id); name != "" && t.p.host == nil { // gdbserver knows threads' alone
			fmt.Fprintf(&b, " name=\"%s\"", attribute(name))
		}
		if handle := t.handle(); handle != nil {
			fmt.Fprintf(&b, " handle=\"%x\"", handle)
		}
		b.WriteString("/>\n")
	}
	b.WriteString("</threads>\n")
	return []byte(b.String())
}

// attribute makes text that a program chose fit for XML. What XML cannot contain
// at all becomes a question mark.
func attribute(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0xfffe || r == 0xffff {
			return '?'
		}
		return r
	}, escaper.Replace(strings.ToValidUTF8(text, "?")))
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// handle is pthread_self() of a thread: the thread pointer, for who has set one.
func (t *thread) handle() []byte {
	if t.engine == nil {
		return nil
	}
	r, err := t.engine.Held()
	if err != nil || r.ABI().WordSize() != 8 {
		return nil
	}
	base := machineOf(r.ABI()).pointer(r)
	if base == 0 {
		return nil
	}
	handle := make([]byte, 8)
	for i := range handle {
		handle[i] = byte(base >> (8 * i))
	}
	return handle
}

// siginfo reads and writes the siginfo of the signal or trap that the thread stands
// at.
func (s *session) siginfo(dst []byte, x rsp.Transfer) ([]byte, error) {
	t, err := s.selected()
	if err != nil {
		return nil, err
	}
	return s.withRegisters(dst, t, func(dst []byte, _ *layout, r *utrace.Report) ([]byte, error) {
		var info utrace.Siginfo
		sig := r.Signal()
		var err error
		if sig != nil {
			info, err = sig.Info()
		} else if info, err = r.TrapInfo(); err != nil {
			// It was only asked to stop. gdbserver does that by SIGSTOP, and
			// that is what clients expect.
			info.SetSigno(int(syscall.SIGSTOP))
			info.SetCode(tracehook.SiTkill)
			info.SetPID(t.p.s.server.options.Place.pid())
			err = nil
		}
		if err != nil {
			return nil, failed
		}
		// A 32-bit program's debugger wants it as that program has it.
		compat, object := r.ABI().WordSize() == 4, info
		if compat {
			object = info.Narrow()
		}
		if !x.Write {
			return x.Piece(dst, object[:], maxPacket-1), nil
		}
		if x.Offset > uint64(len(object)) || uint64(len(x.Data)) > uint64(len(object))-x.Offset || sig == nil {
			return nil, failed
		}
		copy(object[x.Offset:], x.Data)
		if compat {
			object = object.Widen()
		}
		if sig.SetInfo(object) != nil {
			return nil, failed
		}
		return rsp.AppendWritten(dst, len(x.Data)), nil
	})
}
