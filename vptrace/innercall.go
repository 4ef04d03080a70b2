package vptrace

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/utrace/utrace/internal/notify"
)

// The requests of a listener, by ioctl(2): see seccomp_unotify(2). Their numbers
// have the size of the structure in the upper half.
const (
	listenerRequests     = '!' << 8
	listenerRequestsMask = 0xff00

	requestReceive  = 0xc0502100
	requestSend     = 0xc0182101
	requestValid    = 0x40082102
	requestValidOld = 0x80082102
	requestAddFD    = 3 // of any size
	requestSetFlags = 0x40082104

	notificationSize = 80
	responseSize     = 24
	addFDSize        = 24
	maxAddFDSize     = 4096
)

// receiver is a call that waits for a notification.
type receiver struct {
	tgid   int
	call   notify.Call
	from   *notify.Listener
	place  int32
	listen int // the number of the descriptor
}

func (w *receiver) end(s *Server, errno syscall.Errno) {
	s.ledger.Drop(w.place)
	_ = w.from.Return(w.call.ID, 0, errno)
}

// ioctl serves a request of a listener that a program has asked for.
func (s *Server) ioctl(c *call) {
	in := s.innerOf(c)
	if in == nil {
		s.pass(c)
		return
	}
	request := uint32(c.Args[1])
	switch {
	case request == requestReceive:
		in.receive(c)
	case request == requestSend:
		s.answer(c, 0, in.send(c))
	case request == requestValid, request == requestValidOld:
		var b [8]byte
		if errno := s.get(c, c.Args[2], b[:]); errno != 0 {
			s.answer(c, 0, errno)
		} else {
			_, errno := in.find(binary.NativeEndian.Uint64(b[:]))
			s.answer(c, 0, errno)
		}
	case request&0xff == requestAddFD:
		n, errno := in.addFD(c, int(request>>16&0x3fff))
		s.answer(c, int64(n), errno)
	case request == requestSetFlags:
		errno := syscall.Errno(0)
		if c.Args[2]&^1 != 0 {
			errno = syscall.EINVAL
		}
		s.answer(c, 0, errno)
	default:
		s.answer(c, 0, syscall.EINVAL)
	}
}

// innerOf is the listener that a call is about.
func (s *Server) innerOf(c *call) *inner {
	if len(s.inners) == 0 {
		return nil
	}
	name := make([]byte, 64)
	n, err := syscall.Readlink(fmt.Sprintf("/proc/%d/fd/%d", c.tgid, int32(c.Args[0])), name)
	if err != nil {
		return nil
	}
	inode, ok := strings.CutPrefix(string(name[:n]), "socket:[")
	number, err := strconv.ParseUint(strings.TrimSuffix(inode, "]"), 10, 64)
	if !ok || err != nil || !c.from.Valid(c.ID) {
		return nil
	}
	return s.inners[number]
}

// find is the call with this id that still waits.
func (in *inner) find(id uint64) (*guard, syscall.Errno) {
	for _, g := range in.calls {
		if g.id == id && g.waits() {
			return g, 0
		}
	}
	return nil, enoent
}

// receive serves SECCOMP_IOCTL_NOTIF_RECV.
func (in *inner) receive(c *call) {
	var b [notificationSize]byte
	if errno := in.s.get(c, c.Args[2], b[:]); errno != 0 {
		in.s.answer(c, 0, errno)
		return
	}
	if b != [notificationSize]byte{} {
		in.s.answer(c, 0, syscall.EINVAL)
		return
	}
	in.receivers = append(in.receivers, receiver{
		tgid: c.tgid, call: in.s.ledger.In().Call, from: c.from, place: in.s.ledger.Keep(), listen: int(int32(c.Args[0])),
	})
	in.hand()
}

// hand gives calls to those who wait for them.
func (in *inner) hand() {
	for _, g := range slices.Clone(in.calls) {
		if g.state != sent {
			continue
		}
		for g.state == sent && len(in.receivers) > 0 {
			w := in.receivers[0]
			in.receivers = slices.Delete(in.receivers, 0, 1)
			in.give(&w, g)
		}
	}
}

// give gives one to one.
func (in *inner) give(w *receiver, g *guard) {
	if !w.from.Valid(w.call.ID) || !g.from.Valid(g.call.ID) {
		w.end(in.s, enoent)
		return
	}
	var b [notificationSize]byte
	binary.NativeEndian.PutUint64(b[0:], g.id)
	binary.NativeEndian.PutUint32(b[8:], uint32(in.s.ids.out(w.tgid, g.tid)))
	binary.NativeEndian.PutUint32(b[16:], uint32(g.number))
	binary.NativeEndian.PutUint32(b[20:], g.call.Arch)
	binary.NativeEndian.PutUint64(b[24:], g.call.PC)
	for i, v := range g.call.Args {
		binary.NativeEndian.PutUint64(b[32+8*i:], v)
	}
	if errno := put(w.call.TID, w.call.Args[2], b[:]); errno != 0 {
		w.end(in.s, errno)
		return
	}
	g.state = received
	in.show(w.tgid, w.listen)
	w.end(in.s, 0)
}

// show has poll(2) say what there is. The caller has the listener under a number.
func (in *inner) show(tgid, number int) {
	fd, err := notify.CopyFD(tgid, number)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	has := func(state guardState) bool {
		return slices.ContainsFunc(in.calls, func(g *guard) bool { return g.state == state })
	}
	in.double.Show(has(sent), has(received), fd)
}

// send serves SECCOMP_IOCTL_NOTIF_SEND.
func (in *inner) send(c *call) syscall.Errno {
	var b [responseSize]byte
	if errno := in.s.get(c, c.Args[2], b[:]); errno != 0 {
		return errno
	}
	const goOn = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE
	value, fails := int64(binary.NativeEndian.Uint64(b[8:])), int32(binary.NativeEndian.Uint32(b[16:]))
	flags := binary.NativeEndian.Uint32(b[20:])
	if flags&^goOn != 0 || flags == goOn && (value != 0 || fails != 0) {
		return syscall.EINVAL
	}
	g, errno := in.find(binary.NativeEndian.Uint64(b[0:]))
	switch {
	case errno != 0:
		return errno
	case g.state != received:
		return syscall.EINPROGRESS
	}
	errno = g.answer(reply{value, syscall.Errno(-fails), flags == goOn})
	in.show(c.tgid, int(int32(c.Args[0])))
	return errno
}

// addFD serves SECCOMP_IOCTL_NOTIF_ADDFD.
func (in *inner) addFD(c *call, size int) (int, syscall.Errno) {
	if size < addFDSize || size >= maxAddFDSize {
		return 0, syscall.EINVAL
	}
	b := make([]byte, size)
	if errno := in.s.get(c, c.Args[2], b); errno != 0 {
		return 0, errno
	}
	if slices.ContainsFunc(b[addFDSize:], func(v byte) bool { return v != 0 }) {
		return 0, syscall.E2BIG
	}
	const at, send = 1, 2
	flags, number := binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint32(b[16:])
	fileFlags := binary.NativeEndian.Uint32(b[20:])
	if fileFlags&^syscall.O_CLOEXEC != 0 || flags&^(at|send) != 0 || number != 0 && flags&at == 0 {
		return 0, syscall.EINVAL
	}
	source, err := notify.CopyFD(c.tgid, int(binary.NativeEndian.Uint32(b[12:])))
	if err != nil {
		return 0, syscall.EBADF
	}
	defer syscall.Close(source)
	g, errno := in.find(binary.NativeEndian.Uint64(b[0:]))
	switch {
	case errno != 0:
		return 0, errno
	case g.state != received:
		return 0, syscall.EINPROGRESS
	}
	n, err := g.from.AddFD(g.call.ID, source, flags, number, fileFlags)
	if err != nil {
		return 0, errnoOf(err, enoent)
	}
	if flags&send != 0 {
		g.state = answered
		g.forget()
		in.show(c.tgid, int(int32(c.Args[0])))
	}
	return n, 0
}
