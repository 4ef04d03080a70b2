package keeper

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// heirVariable in the environment lists the names of the descriptors that a
// successor finds open from firstInherited on. The socket to the child is below.
const (
	heirVariable   = "UTRACE_HEIR"
	firstInherited = 4
)

// inheritance is what a predecessor's child has passed to this process.
var inheritance struct {
	socket int // 0: there is none
	fds    map[string]int
}

// comeInto takes in what was inherited, before anything else is opened, and
// keeps it from programs that this one starts.
func comeInto() {
	names, ok := os.LookupEnv(heirVariable)
	if !ok {
		return
	}
	_ = os.Unsetenv(heirVariable)
	inheritance.socket = firstInherited - 1
	inheritance.fds = map[string]int{}
	syscall.CloseOnExec(inheritance.socket)
	if names != "" {
		for i, name := range strings.Split(names, ",") {
			syscall.CloseOnExec(firstInherited + i)
			inheritance.fds[name] = firstInherited + i
		}
	}
	call(os.Args[0])
}

// Inherited are the descriptors that a predecessor which was killed had in hold,
// by name. They are the caller's, and still in hold. Nil: this process is
// nobody's successor.
func Inherited() map[string]int { return inheritance.fds }

// Listener is the name of a seccomp listener, which the child has to know: when
// there is no owner, it has the kernel execute what the listener is asked.
func Listener(number uint64) string { return fmt.Sprintf("%s %d", ListenerName, number) }

// Hold has the child hold a copy of a descriptor, by a name without commas and of
// 16 bytes at most: it stays open if this process is killed, and its successor
// inherits it. The caller must not close its own before Drop.
func (k *Keeper) Hold(name string, fd int) error {
	if len(name) > maxText || strings.Contains(name, ",") {
		return fmt.Errorf("the name %q of a descriptor is too long, or has a comma: %w", name, syscall.EINVAL)
	}
	k.held[name] = fd
	k.send(&record{kind: held, original: []byte(name)}, syscall.UnixRights(fd))
	return k.err
}

// Drop has it close its copy.
func (k *Keeper) Drop(name string) {
	delete(k.held, name)
	k.send(&record{kind: dropped, original: []byte(name)}, nil)
}

// FD is a descriptor that is readable when the child has ended: it was killed, and
// Renew is due. It is another one then.
func (k *Keeper) FD() int { return k.socket }

// Renew starts another child in the place of one that was killed, and tells it
// all.
func (k *Keeper) Renew() error {
	k.lose(syscall.EPIPE)
	_ = syscall.Close(k.socket)
	if k.child != nil {
		_ = k.child.Wait()
	}
	k.err = nil
	if err := k.start(); err != nil {
		k.socket = -1
		k.err = fmt.Errorf("start another keeper of breakpoints: %w", err)
		return k.err
	}
	for name, fd := range k.held {
		if err := k.Hold(name, fd); err != nil {
			return err
		}
	}
	before := k.texts
	k.texts = make(map[int]map[uint64][]byte, len(before))
	for process, texts := range before {
		for addr, original := range texts {
			k.TextChanged(process, addr, original)
		}
	}
	for thread, start := range k.armed {
		k.WatchesSet(thread, start)
	}
	return k.err
}
