package keeper

import (
	"bytes"
	"os"
	"os/signal"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// marker in the environment says that this process is the child.
const marker = "UTRACE_KEEPER"

// prepared: Main was called.
var prepared bool

// Main is the child's whole life if this process is the child: then it does not
// return. A program that uses Start calls it first of all; tests, in TestMain.
func Main() {
	if os.Getenv(marker) == "" {
		comeInto()
		prepared = true
		return
	}
	_ = os.Unsetenv(marker)
	call(childName)
	signal.Ignore(syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	const socket = 3 // the first of exec.Cmd's ExtraFiles
	c := child{socket: socket, estate: estate{successor: os.Args[1:]}}
	if _, err := syscall.SendmsgN(socket, []byte{1}, nil, nil, syscall.MSG_NOSIGNAL); err != nil {
		os.Exit(1)
	}
	c.live()
	os.Exit(0)
}

// call gives this process a name for ps(1), which would show it as "exe": it was
// executed by a link of /proc.
func call(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0) }

// child is what the child knows, of texts, debug registers and descriptors.
type child struct {
	// socket leads to the owner.
	socket int
	texts  table
	armed  armed
	estate estate
}

// live follows one owner after the other.
func (c *child) live() {
	for {
		orderly := c.follow()
		c.texts.restore()
		c.armed.disarm()
		if orderly {
			c.estate.release()
		}
		if orderly && c.estate.needed() {
			_, _ = syscall.SendmsgN(c.socket, []byte{1}, nil, nil, syscall.MSG_NOSIGNAL)
		}
		_ = syscall.Close(c.socket)
		if orderly {
			break
		}
		var ok bool
		if c.socket, ok = c.estate.succeed(); !ok {
			break
		}
	}
	c.estate.release()
	c.estate.pass()
}

// table is what the child knows of text.
type table map[int]*process

// process has the open memory of a process. That is one address space: it is
// neither that of a program that was exec'd since, nor that of a later process
// with the same id (proc_pid_mem(5); "Mem" in internal/procfs).
type process struct {
	memory procfs.Mem
	texts  map[uint64][]byte
}

// follow takes records in until the owner has closed its end or is dead. It
// reports whether the owner has ended as it should.
func (c *child) follow() (orderly bool) {
	c.texts, c.armed = make(table), make(armed)
	var b [recordSize]byte
	rights := make([]byte, syscall.CmsgSpace(4))
	for {
		n, oobn, _, _, err := syscall.Recvmsg(c.socket, b[:], rights, syscall.MSG_CMSG_CLOEXEC)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n != recordSize {
			return orderly
		}
		fd := descriptor(rights[:oobn])
		switch r := decode(&b); r.kind {
		case textChanged, textRestored:
			c.texts.note(r, fd)
		case watchesSet, watchesCleared:
			c.armed.note(r)
		case held:
			c.estate.hold(string(r.original), fd)
		case dropped:
			c.estate.drop(string(r.original))
		case ended:
			orderly = true
		}
	}
}

// descriptor takes the descriptor out of a control message; -1: there is none.
func descriptor(rights []byte) int {
	messages, err := syscall.ParseSocketControlMessage(rights)
	if err != nil || len(messages) == 0 {
		return -1
	}
	if fds, err := syscall.ParseUnixRights(&messages[0]); err == nil && len(fds) != 0 {
		return fds[0]
	}
	return -1
}

// note takes a record in, with the memory of its process if that is a new one.
func (t table) note(r record, memory int) {
	if memory >= 0 {
		t[r.process] = &process{memory: procfs.MemOf(memory), texts: make(map[uint64][]byte)}
	}
	p := t[r.process]
	switch {
	case p == nil:
	case r.kind == textChanged:
		p.texts[r.addr] = bytes.Clone(r.original)
	default:
		if delete(p.texts, r.addr); len(p.texts) == 0 {
			_ = p.memory.Close()
			delete(t, r.process)
		}
	}
}

// restore writes the original bytes back where there are traps.
func (t table) restore() {
	var now [maxText]byte
	for _, p := range t {
		for addr, original := range p.texts {
			b := now[:len(original)]
			if _, err := p.memory.Read(addr, b); err == nil && isTrap(b) {
				_, _ = p.memory.Write(addr, original)
			}
		}
		_ = p.memory.Close()
	}
}

// isTrap reports whether text is a breakpoint instruction: if it is not, the
// program has put something else there, or the owner has died before it wrote.
func isTrap(text []byte) bool {
	for _, abi := range regset.ABIs() {
		if bytes.Equal(text, abi.BreakpointInsn()) {
			return true
		}
	}
	return false
}
