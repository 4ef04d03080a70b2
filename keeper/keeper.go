package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// Keeper is the owner's end: the Journal of one core. What it is told as a
// Journal it has passed on when the method returns. Everything but Start is for
// one goroutine at a time; a core has its loop.
type Keeper struct {
	child *exec.Cmd // nil: a predecessor's
	// socket is a SOCK_SEQPACKET to the child.
	socket int
	buffer [recordSize]byte
	// successor are the arguments of one.
	successor []string
	// texts are the originals that the child has of each process, just as there,
	// armed the threads that watch, and held the descriptors.
	texts map[int]map[uint64][]byte
	armed armed
	held  map[string]int
	// err: the child is lost, and why.
	err error
}

var _ utrace.Journal = (*Keeper)(nil)

// ErrNoMain: the program does not call Main, so its child would not know what
// it is for.
var ErrNoMain = errors.New("keeper.Main was not called at the beginning of main")

// patience is how long the child may take to read a record, or to end: it waits
// for nobody, so it takes that long only if somebody has stopped it.
const patience = 2 * time.Second

// Start starts the child. The program's main must have called Main, which the
// child is recognised by (ErrNoMain). If this process is killed, the child
// starts this program again, with the arguments of a successor if there are any.
// In that successor Start returns the keeper that it has from its predecessor.
func Start(successor ...string) (*Keeper, error) {
	if !prepared {
		return nil, ErrNoMain
	}
	k := &Keeper{successor: successor, texts: make(map[int]map[uint64][]byte), armed: make(armed), held: make(map[string]int)}
	if inheritance.socket != 0 {
		k.socket, inheritance.socket = inheritance.socket, 0
		maps.Copy(k.held, inheritance.fds)
		return k, k.limit()
	}
	if err := k.start(); err != nil {
		return nil, fmt.Errorf("start the keeper of breakpoints: %w", err)
	}
	return k, nil
}

// childName is what the child is called, in its arguments and by ps(1).
const childName = "utrace-keeper"

func (k *Keeper) start() error {
	// Of a stream, records could be torn; a datagram socket has no end of file.
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socketpair", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "keeper")
	k.socket = pair[0]
	k.child = &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       append([]string{childName}, k.successor...),
		Env:        []string{marker + "=1"},
		Dir:        "/", // no file system is kept busy
		ExtraFiles: []*os.File{theirs},
		// Neither Ctrl-C at the owner's terminal nor the terminal's end is for it.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if len(k.successor) != 0 { // it is to have what we have
		k.child.Env = append(os.Environ(), k.child.Env...)
		k.child.Stderr = os.Stderr
	}
	err = k.child.Start()
	theirs.Close()
	if err == nil {
		if err = k.greeted(); err == nil {
			return nil
		}
		_ = k.child.Process.Kill()
		_ = k.child.Wait()
	}
	syscall.Close(k.socket)
	return err
}

// limit bounds how long a record may wait for the child to take it.
func (k *Keeper) limit() error {
	limit := syscall.NsecToTimeval(int64(patience))
	err := syscall.SetsockoptTimeval(k.socket, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &limit)
	return os.NewSyscallError("setsockopt", err)
}

// greeted waits until the child is deaf to signals.
func (k *Keeper) greeted() error {
	if err := k.limit(); err != nil {
		return err
	}
	for {
		n, _, err := syscall.Recvfrom(k.socket, k.buffer[:1], 0)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return os.NewSyscallError("recvfrom", err)
		case n == 0:
			return errors.New("the child has ended at once")
		default:
			return nil
		}
	}
}

// TextChanged implements utrace.Journal. When it returns the child will find
// the record in the socket, whatever becomes of this process.
func (k *Keeper) TextChanged(process int, addr uint64, original []byte) {
	r := record{kind: textChanged, process: process, addr: addr, original: original}
	if len(original) > maxText {
		k.lose(fmt.Errorf("text of %d bytes at %#x in process %d: %w", len(original), addr, process, syscall.E2BIG))
		return
	}
	texts := k.texts[process]
	if texts == nil {
		mem, err := openMemory(process, addr)
		if err != nil {
			return // it has died or exec'd: there is no such text any more
		}
		defer mem.Close()
		texts = make(map[uint64][]byte, 1)
		k.texts[process] = texts
		k.send(&r, syscall.UnixRights(mem.FD()))
	} else {
		k.send(&r, nil)
	}
	texts[addr] = bytes.Clone(original)
}

// TextRestored implements utrace.Journal.
func (k *Keeper) TextRestored(process int, addr uint64) {
	texts := k.texts[process]
	if _, known := texts[addr]; !known {
		return
	}
	if delete(texts, addr); len(texts) == 0 {
		delete(k.texts, process)
	}
	k.send(&record{kind: textRestored, process: process, addr: addr}, nil)
}

// openMemory opens the memory of a process in which something is at addr. Not
// every thread has some: the first may have ended before the others.
func openMemory(process int, addr uint64) (*procfs.Mem, error) {
	threads, err := procfs.Threads(process)
	for _, tid := range threads {
		var mem *procfs.Mem
		if mem, err = procfs.OpenMem(tid); err != nil {
			continue
		}
		var b [1]byte
		if _, err = mem.Read(addr, b[:]); err == nil {
			return mem, nil
		}
		mem.Close()
	}
	if err == nil {
		err = syscall.ESRCH
	}
	return nil, err
}

// send sends a record.
func (k *Keeper) send(r *record, rights []byte) {
	if k.err != nil {
		return
	}
	r.encode(&k.buffer)
	for {
		_, err := syscall.SendmsgN(k.socket, k.buffer[:], rights, nil, syscall.MSG_NOSIGNAL)
		switch err {
		case syscall.EINTR:
			continue
		case nil:
		default:
			k.lose(os.NewSyscallError("sendmsg", err))
		}
		return
	}
}

// lose gives the child up. It is killed, since what it knows is not true any
// more.
func (k *Keeper) lose(err error) {
	if k.err == nil {
		k.err = fmt.Errorf("the keeper of breakpoints was lost: %w", err)
		if k.child != nil {
			_ = k.child.Process.Kill()
		} else {
			_ = syscall.Shutdown(k.socket, syscall.SHUT_RDWR)
		}
	}
}

// Close ends the child, and waits for that. Close the core before: if there is
// still a breakpoint the child takes it out. An error says that the child was
// lost, maybe long ago, and that breakpoints were not kept since. A child that
// holds listeners goes on for as long as somebody is under them.
func (k *Keeper) Close() error {
	k.send(&record{kind: ended}, nil)
	_ = syscall.Shutdown(k.socket, syscall.SHUT_WR)
	stays := k.stays()
	syscall.Close(k.socket)
	switch {
	case k.child == nil:
	case stays:
		_ = k.child.Process.Release()
	default:
		deadline := time.AfterFunc(patience, func() { _ = k.child.Process.Kill() })
		defer deadline.Stop()
		if err := k.child.Wait(); err != nil && k.err == nil {
			k.err = fmt.Errorf("the keeper of breakpoints: %w", err)
		}
	}
	return k.err
}

// stays reports whether the child says that it goes on.
func (k *Keeper) stays() bool {
	limit := syscall.NsecToTimeval(int64(patience))
	_ = syscall.SetsockoptTimeval(k.socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	for {
		n, _, err := syscall.Recvfrom(k.socket, k.buffer[:1], 0)
		if err != syscall.EINTR {
			return err == nil && n == 1
		}
	}
}

// SignalHeld implements utrace.Journal. The kernel delivers what a dead tracer
// has held.
func (k *Keeper) SignalHeld(int, uint64, *utrace.Siginfo) {}

// SignalReleased implements utrace.Journal.
func (k *Keeper) SignalReleased(int, uint64) {}

// WatchesSet implements utrace.Journal.
func (k *Keeper) WatchesSet(thread int, start uint64) {
	k.armed[thread] = start
	k.send(&record{kind: watchesSet, process: thread, addr: start}, nil)
}

// WatchesCleared implements utrace.Journal.
func (k *Keeper) WatchesCleared(thread int, _ uint64) {
	delete(k.armed, thread)
	k.send(&record{kind: watchesCleared, process: thread}, nil)
}
