package strace

import (
	"path"
	"strconv"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/symbol"
	"github.com/utrace/utrace/unwind"
)

// Frame is one frame of the stack of -k.
type Frame struct {
	PC uint64
	// File is what is mapped there, "" if it is no file's code.
	File string
	// Function is the function's name, "" if it is not known, and Offset how far
	// behind its beginning PC is.
	Function string
	Offset   uint64
	// At is the offset of PC in the file.
	At uint64
}

// name is what the frame is called in a profile.
func (f *Frame) name() string {
	switch {
	case f.Function != "":
		return f.Function
	case f.File != "":
		return path.Base(f.File) + "+0x" + strconv.FormatUint(f.At, 16)
	}
	return "0x" + strconv.FormatUint(f.PC, 16)
}

// frameLimit is how many frames strace follows before it takes the stack for a
// broken one.
const frameLimit = 256

// appendFrames appends the lines of -k.
func appendFrames(buf []byte, frames []Frame) []byte {
	for i := range frames {
		f := &frames[i]
		buf = append(buf, " > "...)
		switch {
		case f.File == "":
			buf = append(buf, "unexpected_backtracing_error"...)
		default:
			buf = append(append(buf, f.File...), '(')
			if f.Function != "" {
				buf = append(append(buf, f.Function...), "+0x"...)
				buf = strconv.AppendUint(buf, f.Offset, 16)
			}
			buf = append(buf, ')')
		}
		buf = strconv.AppendUint(append(buf, " [0x"...), f.At, 16)
		buf = append(buf, "]\n"...)
	}
	return buf
}

// capturedAtEntry are the calls from which nobody returns to the stack that
// called them.
var capturedAtEntry = map[string]bool{"execve": true, "execveat": true, "exit": true, "exit_group": true}

// remapping are the calls that change what is mapped.
var remapping = map[string]bool{
	"mmap": true, "mmap2": true, "old_mmap": true, "munmap": true, "mprotect": true, "pkey_mprotect": true,
	"mremap": true, "remap_file_pages": true, "shmat": true, "shmdt": true,
	"execve": true, "execveat": true,
}

// stacks reports whether stacks are to be walked. A profile is by stack where
// threads stop anyhow.
func (o *Options) stacks() bool { return o.StackTrace || o.Outputs.Pprof != "" }

// stackAtEntry takes the stack of a call that may not return.
func (x *tracee) stackAtEntry(r *utrace.Report) {
	if x.stacks == nil || !x.t.shown || !capturedAtEntry[x.t.Call.ABI.CallName(x.t.Call.Nr)] {
		return
	}
	x.t.Stack = x.stacks.take(r)
}

// stackAtExit takes the stack of a call that has returned.
func (x *tracee) stackAtExit(r *utrace.Report) {
	if x.stacks == nil {
		return
	}
	if remapping[x.t.Call.ABI.CallName(x.t.Call.Nr)] {
		x.stacks.changed(r.Thread().Group())
	}
	if x.t.shown && x.t.Stack == nil {
		x.t.Stack = x.stacks.take(r)
	}
}

// stacks walks the stacks of stopped threads for -k. It belongs to the loop of
// the core.
type stacks struct {
	files  symbol.Files
	mapped map[int]*mapped // of processes; absent: not read since it changed
	gpr    [512]byte
	copied [16 << 10]byte
}

// mapped is what was mapped into a process when it was last looked at.
type mapped struct {
	space    *symbol.Space
	unwinder *unwind.Unwinder
	code     []procfs.Mapping
}

func newStacks() *stacks { return &stacks{mapped: make(map[int]*mapped)} }

func (s *stacks) close() error { return s.files.Close() }

// changed forgets what was mapped into a process.
func (s *stacks) changed(pid int) { delete(s.mapped, pid) }

// of returns what is mapped into a process, nil if that cannot be read.
func (s *stacks) of(pid int) *mapped {
	if m := s.mapped[pid]; m != nil {
		return m
	}
	space, err := symbol.Load(pid, &s.files)
	if err != nil {
		return nil
	}
	m := &mapped{space: space, unwinder: unwind.New(space)}
	err = procfs.Maps(pid, func(x procfs.Mapping) bool {
		if x.Exec && x.Path != "" {
			m.code = append(m.code, x)
		}
		return true
	})
	if err != nil {
		return nil
	}
	s.mapped[pid] = m
	return m
}

// take walks the stack of a thread that is stopped.
func (s *stacks) take(r *utrace.Report) []Frame {
	m := s.of(r.Thread().Group())
	n, err := r.ReadRegset(regset.NotePRStatus, s.gpr[:])
	if m == nil || err != nil {
		return nil
	}
	snapshot := unwind.Snapshot{ABI: r.ABI(), Registers: s.gpr[:n], Rest: r}
	snapshot.Base = snapshot.SP()
	n, _ = r.ReadMemory(snapshot.Base, s.copied[:]) // the walk finds out what is missing
	snapshot.Stack = s.copied[:max(n, 0)]
	var frames []Frame
	for _, f := range m.unwinder.Unwind(&snapshot, frameLimit) {
		x := m.frame(&f)
		frames = append(frames, x)
		if x.File == "" {
			break
		}
	}
	return frames
}

// frame finds out what a frame is in. Like strace it asks about the address that
// the frame returns to; the function is that of the call before it.
func (m *mapped) frame(f *unwind.Frame) Frame {
	x := Frame{PC: f.PC, At: f.PC}
	for i := range m.code {
		if c := &m.code[i]; c.Start <= f.PC && f.PC < c.End {
			x.File, x.At = c.Path, f.PC-c.Start+c.Offset
		}
	}
	if place := m.space.Locate(f.Lookup()); place.Signature() != "" {
		x.Function, x.Offset = place.Signature(), f.PC-place.Symbol.Addr
	}
	return x
}
