package keeper

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/ledger"
	"github.com/utrace/utrace/internal/notify"
	"github.com/utrace/utrace/internal/procfs"
)

// estate is what the child holds for an owner, and passes on to a successor.
type estate struct {
	// successor are the arguments of the program that is to take the place of
	// an owner that was killed. Without there is none.
	successor []string
	// names and fds are what is held.
	names []string
	fds   []int
	// short is how many owners in a row have lived for a moment only.
	short int
	born  time.Time
}

// The names of descriptors that the child itself knows: the ledger of calls, and
// the listeners, which have their number behind the name.
const (
	LedgerName   = "ledger"
	ListenerName = "listener"
)

// hold takes a descriptor over, in the place of one by that name.
func (e *estate) hold(name string, fd int) {
	e.drop(name)
	if fd >= 0 {
		e.names, e.fds = append(e.names, name), append(e.fds, fd)
	}
}

func (e *estate) drop(name string) {
	if i := slices.Index(e.names, name); i >= 0 {
		_ = syscall.Close(e.fds[i])
		e.names, e.fds = slices.Delete(e.names, i, i+1), slices.Delete(e.fds, i, i+1)
	}
}

// get is the descriptor by that name, or -1.
func (e *estate) get(name string) int {
	if i := slices.Index(e.names, name); i >= 0 {
		return e.fds[i]
	}
	return -1
}

// needed reports whether a listener is held.
func (e *estate) needed() bool { return slices.ContainsFunc(e.names, isListener) }

func isListener(name string) bool { return strings.HasPrefix(name, ListenerName) }

// release gives up what only an owner has a use for, such as its socket and its lock:
// there is none any more, and another one must be able to come.
func (e *estate) release() {
	for _, name := range slices.Clone(e.names) {
		if name != LedgerName && !isListener(name) {
			e.drop(name)
		}
	}
}

// An owner that is killed as soon as it runs, by what it has inherited maybe, is
// not started for ever.
const (
	shortLife  = 200 * time.Millisecond
	shortLives = 10
)

// succeed starts a successor and returns the socket that leads to it.
func (e *estate) succeed() (socket int, ok bool) {
	if len(e.successor) == 0 {
		return -1, false
	}
	if e.short++; time.Since(e.born) > shortLife {
		e.short = 0
	}
	if e.short >= shortLives {
		return -1, false
	}
	e.born = time.Now()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, false
	}
	defer syscall.Close(pair[1])
	attr := syscall.ProcAttr{
		Dir: "/", Env: append(os.Environ(), heirVariable+"="+strings.Join(e.names, ",")),
		Files: []uintptr{0, 1, 2, uintptr(pair[1])},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	}
	for _, fd := range e.fds {
		attr.Files = append(attr.Files, uintptr(fd))
	}
	pid, err := syscall.ForkExec("/proc/self/exe", append([]string{"utrace"}, e.successor...), &attr)
	if err != nil {
		_ = syscall.Close(pair[0])
		return -1, false
	}
	go func() { _, _ = syscall.Wait4(pid, nil, 0, nil) }()
	return pair[0], true
}

// pass leaves all calls that come by the listeners to the kernel, until there is
// nobody who could make one: without, they would fail with ENOSYS.
func (e *estate) pass() {
	listeners := map[string]*notify.Listener{}
	for i, name := range e.names {
		if isListener(name) {
			listeners[name] = notify.NewListener(e.fds[i])
		}
	}
	e.passKept(listeners)
	for len(listeners) != 0 {
		list := make([]*notify.Listener, 0, len(listeners))
		names := make([]string, 0, len(listeners))
		for name, l := range listeners {
			list, names = append(list, l), append(names, name)
		}
		for i, ready := range notify.Await(list) {
			var c notify.Call
			switch {
			case !ready:
			case list[i].Dead():
				_ = list[i].Close()
				delete(listeners, names[i])
			case list[i].Receive(&c) == nil:
				_ = list[i].Continue(c.ID)
			}
		}
	}
}

// passKept does so with the calls that an owner has received and not answered.
func (e *estate) passKept(listeners map[string]*notify.Listener) {
	memory, err := procfs.MapShared(e.get(LedgerName), ledger.Size)
	if err != nil {
		return // there is no ledger
	}
	book := ledger.Open(memory.Bytes)
	for _, place := range book.Calls() {
		c := book.Call(place)
		if l := listeners[Listener(c.Listener)]; l != nil {
			_ = l.Continue(c.ID)
		}
	}
}
