package decode

// iovec prints n vectors. data tells how many bytes of the buffers are worth
// printing: all that the kernel reads, or as many as it has written. For a
// negative number the buffers are printed as addresses.
func (d *Decoder) iovec(addr, n uint64, data int64) {
	// The vector itself was the program's, whatever became of the call.
	if addr == 0 || d.opaque {
		d.addr(addr)
		return
	}
	left := uint64(data)
	d.arrayAt(addr, n, 2*d.long(), func(d *Decoder, f *fields) {
		base, size := f.size(), f.size()
		d.s("{iov_base=")
		if data < 0 {
			d.addr(base)
		} else {
			shown := size
			if data != allData {
				shown = min(size, left)
			}
			if data != allData {
				left -= shown
			}
			d.messageData(int32(d.c.Args[0]), base, shown)
		}
		d.ufield("iov_len", size)
		d.c1('}')
	})
}

// allData is more than any vector holds.
const allData = 1<<63 - 1

// iovecIn is a vector of buffers that the kernel reads, and its length.
func iovecIn(d *Decoder) bool {
	addr, n := d.size(d.next()), d.size(d.next())
	d.iovec(addr, n, allData)
	d.comma()
	d.udec(n)
	return true
}

// iovecOut is a vector of buffers that the kernel fills.
func iovecOut(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, n := d.size(d.next()), d.size(d.next())
	data := d.c.Result
	if d.c.IsError {
		data = -1
	}
	d.iovec(addr, n, data)
	d.comma()
	d.udec(n)
	return true
}

// iovecAddresses is a vector of buffers in another process.
func iovecAddresses(d *Decoder) bool {
	addr, n := d.size(d.next()), d.size(d.next())
	d.iovec(addr, n, -1)
	d.comma()
	d.udec(n)
	return true
}

// A msghdr is the user's struct msghdr.
type msghdr struct {
	name, iov, iovLen, control, controlLen uint64
	nameLen                                int32
	flags                                  uint64
}

func (d *Decoder) msghdrSize() int {
	if d.long() == 8 {
		return 56
	}
	return 28
}

func (f *fields) msghdr() (m msghdr) {
	m.name = f.size()
	m.nameLen = int32(f.u32())
	m.iov, m.iovLen = f.size(), f.size()
	m.control, m.controlLen = f.size(), f.size()
	m.flags = f.u32()
	return m
}

// msghdrText prints a message. nameLen is the space for the name at entry, if
// the kernel has changed it since. data is as in iovec.
func (d *Decoder) msghdrText(m *msghdr, nameLen int32, data int64) {
	d.s("{msg_name=")
	d.sockaddr(m.name, min(nameLen, m.nameLen))
	d.s(", msg_namelen=")
	d.dec(int64(nameLen))
	if nameLen != m.nameLen {
		d.s(" => ")
		d.dec(int64(m.nameLen))
	}
	d.s(", msg_iov=")
	d.iovec(m.iov, m.iovLen, data)
	d.ufield("msg_iovlen", m.iovLen)
	if m.controlLen != 0 {
		d.s(", msg_control=")
		d.control(m.control, m.controlLen)
	}
	d.ufield("msg_controllen", m.controlLen)
	d.s(", msg_flags=")
	d.flags(m.flags, &msgSendFlags)
	d.c1('}')
}

// msghdrIn is a message to send.
func msghdrIn(d *Decoder) bool {
	addr := d.size(d.next())
	if f, ok := d.fetch(addr, d.msghdrSize()); ok {
		m := f.msghdr()
		d.msghdrText(&m, m.nameLen, allData)
	}
	return true
}

// msghdrOut is a message to receive into.
func msghdrOut(d *Decoder) bool {
	addr := d.size(d.next())
	if !d.exiting {
		if f, ok := d.peek(addr, d.msghdrSize()); ok && addr != 0 {
			m := f.msghdr()
			d.c.saved[0], d.c.saved[1] = uint64(uint32(m.nameLen)), 1
		}
		return false
	}
	if d.c.IsError {
		if d.c.saved[1] == 0 || d.opaque {
			d.addr(addr)
		} else {
			d.s("{msg_namelen=")
			d.dec(int64(int32(d.c.saved[0])))
			d.c1('}')
		}
		return true
	}
	if f, ok := d.fetch(addr, d.msghdrSize()); ok {
		m := f.msghdr()
		d.msghdrText(&m, int32(d.c.saved[0]), d.c.Result)
	}
	return true
}

// mmsghdrSize is the size of struct mmsghdr.
func (d *Decoder) mmsghdrSize() int {
	if d.long() == 8 {
		return 64
	}
	return 32
}

// mmsghdrs prints n messages; the first sent of them have a length.
func (d *Decoder) mmsghdrs(addr, n uint64, withLen int64, received bool) {
	i := int64(0)
	d.arrayUpTo(addr, n, maxMessages, d.mmsghdrSize(), func(d *Decoder, f *fields) {
		m := f.msghdr()
		f.off = d.msghdrSize()
		length := f.u32()
		d.s("{msg_hdr=")
		data := int64(allData)
		if received {
			data = int64(length)
		}
		nameLen := m.nameLen
		if received && i < int64(len(d.c.lengths)) {
			nameLen = d.c.lengths[i]
		}
		d.msghdrText(&m, nameLen, data)
		if i < withLen {
			d.ufield("msg_len", length)
		}
		d.c1('}')
		i++
	})
}

// sendmmsg is a vector of messages to send, printed at exit because of their
// lengths.
func mmsgIn(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, n := d.size(d.next()), uint64(uint32(d.next()))
	failed := d.c.IsError
	sent := d.c.Result
	if failed {
		sent = 0
	}
	d.c.IsError = false
	d.mmsghdrs(addr, n, sent, false)
	d.c.IsError = failed
	d.comma()
	d.udec(n)
	return true
}

// maxMessages is how many messages the kernel takes at once (UIO_MAXIOV).
const maxMessages = 1024

// saveNameLengths keeps how much room there is for the names, which the kernel writes
// over.
func (d *Decoder) saveNameLengths(addr, n uint64) {
	d.c.lengths = d.c.lengths[:0]
	size := uint64(d.mmsghdrSize())
	for i := range min(n, maxMessages) {
		f, ok := d.peek(addr+i*size, d.msghdrSize())
		if !ok || addr == 0 || d.opaque {
			return
		}
		m := f.msghdr()
		d.c.lengths = append(d.c.lengths, m.nameLen)
	}
}

// recvmmsg is the vector of messages, the flags and the timeout; when it runs
// out the result says so.
func recvmmsg(k timeKind) kind {
	return func(d *Decoder) bool {
		addr, n := d.size(d.next()), uint64(uint32(d.next()))
		flags, timeout := uint64(uint32(d.next())), d.size(d.next())
		if !d.exiting {
			d.saveNameLengths(addr, n)
			if f, ok := d.peek(timeout, d.timeSize(k)); ok && timeout != 0 {
				sec, nsec := f.timePair(k)
				d.c.saved[1], d.c.saved[2], d.c.saved[3] = uint64(sec), uint64(nsec), 1
			}
			return false
		}
		d.mmsghdrs(addr, uint64(max(d.c.Result, 0)), d.c.Result, true)
		d.comma()
		d.udec(n)
		d.comma()
		d.flags(flags, &msgSendFlags)
		d.comma()
		if d.c.saved[3] == 0 || d.opaque {
			d.addr(timeout)
		} else {
			d.timeText(int64(d.c.saved[1]), int64(d.c.saved[2]), ", tv_nsec=")
		}
		switch {
		case d.c.IsError:
		case d.c.Result == 0:
			d.aux = append(d.aux, "Timeout"...)
		case timeout != 0 && !d.opaque:
			d.note(func() {
				d.s("left ")
				d.timespecAs(timeout, k)
			})
		}
		return true
	}
}
