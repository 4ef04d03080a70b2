package daemon

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/keeper"
	"github.com/utrace/utrace/vptrace"
)

// An owner that is killed has a successor: its keeper holds the descriptors on
// which others depend, and starts it. What the names mean:
const (
	socketName = "socket" // of clients, who wait meanwhile
	lockName   = "lock"
)

// inheritedSocket is a socket of a predecessor; nil: there is none.
func inheritedSocket(name, lock string) (*socket, error) {
	fds := keeper.Inherited()
	fd, ok := fds[name]
	if !ok {
		return nil, nil
	}
	copied, err := syscall.Dup(fd) // what was inherited stays in hold
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(copied), "the socket that was inherited")
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	s := &socket{UnixListener: l.(*net.UnixListener)}
	if fd, ok := fds[lock]; ok {
		s.lock = os.NewFile(uintptr(fd), "the lock that was inherited")
		s.SetUnlinkOnClose(true)
	}
	return s, nil
}

// provide makes the owner's will, and comes into a predecessor's.
func (o *owner) provide(ctx context.Context, k *keeper.Keeper) error {
	fds := keeper.Inherited()
	will := vptrace.Will{
		Hold: func(number uint64, fd int) error { return k.Hold(keeper.Listener(number), fd) },
		Drop: func(number uint64) { k.Drop(keeper.Listener(number)) },
		// Root's serves everybody, and containers.
		Trusted: os.Getuid() != 0,
	}
	if err := o.watchKeeper(ctx, k); err != nil {
		return err
	}
	if fd, ok := fds[keeper.LedgerName]; ok {
		memory, err := procfs.MapShared(fd, vptrace.WillSize)
		if err != nil {
			return err
		}
		will.Memory = memory.Bytes
		return o.server.Inherit(ctx, will, listenersOf(fds))
	}
	memory, err := procfs.NewSharedMemory("utrace ledger", vptrace.WillSize)
	if err != nil {
		return err
	}
	will.Memory = memory.Bytes
	o.server.Leave(will)
	return o.core.Do(ctx, func() error {
		if err := k.Hold(keeper.LedgerName, memory.FD); err != nil {
			return err
		}
		if o.runtimes != nil {
			if err := o.runtimes.hold(k, ociSocketName, ociLockName); err != nil {
				return err
			}
		}
		return o.socket.hold(k, socketName, lockName)
	})
}

// listenersOf are the listeners among what was inherited, by their numbers.
func listenersOf(fds map[string]int) map[uint64]int {
	list := map[uint64]int{}
	for name, fd := range fds {
		var number uint64
		if digits, ok := strings.CutPrefix(name, keeper.ListenerName); ok {
			if _, err := fmt.Sscan(digits, &number); err == nil {
				list[number] = fd
			}
		}
	}
	return list
}

// hold has the keeper hold the socket and its lock, by these names.
func (s *socket) hold(k *keeper.Keeper, name, lock string) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	number := -1
	if err := raw.Control(func(fd uintptr) { number = int(fd) }); err != nil {
		return err
	}
	err = k.Hold(name, number)
	if err == nil && s.lock != nil {
		err = k.Hold(lock, int(s.lock.Fd()))
	}
	return err
}

// watchKeeper starts another keeper when this one is killed.
func (o *owner) watchKeeper(ctx context.Context, k *keeper.Keeper) error {
	return o.core.Do(ctx, func() error {
		fd := k.FD()
		return o.core.Loop().Watch(fd, func() {
			_ = o.core.Loop().Unwatch(fd)
			if err := k.Renew(); err != nil {
				fmt.Fprintln(os.Stderr, "utrace:", err)
				return
			}
			_ = o.watchKeeper(ctx, k)
		})
	})
}
