package vptrace

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// Natively a thread that traces a child of another thread of its process waits for
// its end too, also with __WNOTHREAD, and reaps it. When we trace the child, the
// kernel has its end for the thread that made it. So the tracing thread waits
// without that option, for this child.

// putAside remembers the end of such a child.
func (t *tracer) putAside(l *link) {
	if l.by == l.maker {
		return
	}
	if t.aside == nil {
		t.aside = map[int]int{}
	}
	t.aside[l.tid] = l.by
}

// waitAside answers a wait for which there is such an end.
func (t *tracer) waitAside(w *waitCall) bool {
	if len(t.aside) == 0 || w.options&waitNoThread == 0 || !w.wantsEnds() {
		return false
	}
	for pid, by := range t.aside {
		if by != w.id || !w.selects(pid, w.group(pid)) {
			continue
		}
		if status, err := procfs.ReadStatus(pid); err != nil || status.Parent != t.tgid || status.State != 'Z' {
			delete(t.aside, pid) // it has been waited for
			continue
		}
		t.waitFor(w, pid)
		return true
	}
	return false
}

// waitFor has the caller wait for one child, whichever of its threads has made it, and
// how.
func (t *tracer) waitFor(w *waitCall, pid int) {
	call := w.call
	args := call.Args
	theirs := uint64(t.s.ids.out(w.tgid, pid))
	if w.kind == waitInfo {
		args[0], args[1], args[3] = idPID, theirs, args[3]&^waitNoThread|waitAll
	} else {
		args[0], args[2] = theirs, args[2]&^waitNoThread|waitAll
	}
	t.s.substitute(call, func(_ *utrace.Report, turn int, result int64) (substitute, bool) {
		return substitute{number: uint64(call.Number), args: args, value: result}, turn == 0
	})
}
