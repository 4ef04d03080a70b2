package decode

// ipcKey is the name of a System V object.
func ipcKey(d *Decoder) bool { d.ipcKey(d.next()); return true }

func (d *Decoder) ipcKey(v uint64) {
	switch v = v & 0xffffffff; {
	case v != 0 || d.opts.Xlat == XlatRaw:
		d.hex(v)
	case d.opts.Xlat == XlatVerbose:
		d.s("0 /* IPC_PRIVATE */")
	default:
		d.s("IPC_PRIVATE")
	}
}

// ipcGetFlags prints flags and permissions: IPC_CREAT|0600.
func (d *Decoder) ipcGetFlags(v uint64, n *names) {
	if rest := v &^ 0o777; rest != 0 {
		if known(rest, n) {
			d.flags(rest, n)
			d.c1('|')
		} else {
			d.hex(rest) // strace puts no bar here
		}
	}
	d.octal3(v & 0o777)
}

// known reports whether any of the flags in v has a name.
func known(v uint64, n *names) bool {
	for i := range n.list {
		if f := n.list[i].value; f != 0 && v&f == f {
			return true
		}
	}
	return false
}

func ipcGet(d *Decoder) bool {
	d.ipcGetFlags(d.next()&0xffffffff, &ipcFlags)
	return true
}

func shmGet(d *Decoder) bool {
	v := d.next() & 0xffffffff
	huge := v >> hugeShift & 63
	rest := v &^ (63<<hugeShift | 0o777)
	if rest != 0 {
		if known(rest, &shmgetFlags) {
			d.flags(rest, &shmgetFlags)
		} else {
			d.hex(rest)
		}
		d.c1('|')
	}
	if huge != 0 {
		d.udec(huge)
		d.s("<<SHM_HUGE_SHIFT|")
	}
	d.octal3(v & 0o777)
	return true
}

const (
	ipcSet, ipcStat = 1, 2
	ipc64           = 0x100 // asks a 32-bit call for the wide structure
)

// ipcCommand prints a command of the *ctl calls.
func (d *Decoder) ipcCommand(v uint64, n *names) {
	if v&ipc64 != 0 {
		d.s("IPC_64|")
	}
	d.constant(v&^ipc64, n)
}

// ipcControl is the command of shmctl or msgctl and its buffer.
func ipcControl(n *names, show func(d *Decoder, addr uint64)) kind {
	return func(d *Decoder) bool {
		cmd, addr := d.next()&0xffffffff, d.size(d.next())
		switch cmd &^ ipc64 {
		case ipcStat:
			if !d.exiting {
				d.ipcCommand(cmd, n)
				d.comma()
				return false
			}
			show(d, addr)
			return true
		case ipcSet:
			d.ipcCommand(cmd, n)
			d.comma()
			show(d, addr)
			return true
		}
		d.ipcCommand(cmd, n)
		d.comma()
		d.addr(addr)
		return true
	}
}

// ipcPerm prints struct ipc64_perm of the 64-bit ABIs and of i386.
func (d *Decoder) ipcPerm(f *fields) {
	key, uid, gid := f.u32(), f.u32(), f.u32()
	cuid, cgid, mode := f.u32(), f.u32(), f.u32()
	d.perm(uid, gid, mode, key, cuid, cgid)
	f.skip(4) // the sequence number and padding
	f.kulong()
	f.kulong()
}

func (d *Decoder) perm(uid, gid, mode, key, cuid, cgid uint64) {
	d.s("_perm={uid=")
	d.udec(uid)
	d.ufield("gid", gid)
	d.s(", mode=")
	d.octal3(mode)
	if d.exiting {
		d.ufield("key", key)
		d.ufield("cuid", cuid)
		d.ufield("cgid", cgid)
	}
	d.c1('}')
}

func (d *Decoder) shmidDs(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(112, 84))
	if !ok {
		return
	}
	d.s("{shm")
	d.ipcPerm(&f)
	if !d.exiting {
		d.s(", ...}")
		return
	}
	d.ufield("shm_segsz", f.kulong())
	times := d.ipcTimes(&f, 3)
	d.field("shm_cpid", f.i32())
	d.field("shm_lpid", f.i32())
	d.ufield("shm_nattch", f.kulong())
	for i, name := range [...]string{"shm_atime", "shm_dtime", "shm_ctime"} {
		d.ufield(name, times[i])
	}
	d.c1('}')
}

// ipcTimes reads times, which 32-bit ABIs split in two words.
func (d *Decoder) ipcTimes(f *fields, n int) (t [3]uint64) {
	for i := range n {
		t[i] = f.kulong()
		if f.klong == 4 {
			t[i] |= f.u32() << 32
		}
	}
	return t
}

func (d *Decoder) msqidDs(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(120, 88))
	if !ok {
		return
	}
	d.s("{msg")
	d.ipcPerm(&f)
	times := d.ipcTimes(&f, 3)
	f.kulong() // the bytes in the queue
	qnum, qbytes := f.kulong(), f.kulong()
	if d.exiting {
		d.ufield("msg_stime", times[0])
		d.ufield("msg_rtime", times[1])
		d.ufield("msg_ctime", times[2])
		d.ufield("msg_qnum", qnum)
		d.ufield("msg_qbytes", qbytes)
		d.field("msg_lspid", f.i32())
		d.field("msg_lrpid", f.i32())
	} else {
		d.ufield("msg_qbytes", qbytes)
		d.s(", ...")
	}
	d.c1('}')
}

// semops is the vector of semop and its length.
func semops(d *Decoder) bool {
	addr, n := d.size(d.next()), d.size(d.next())
	d.array(addr, n, 6, (*Decoder).sembuf)
	d.comma()
	d.udec(uint64(uint32(n)))
	return true
}

func (d *Decoder) sembuf(f *fields) {
	d.s("{sem_num=")
	d.udec(f.u16())
	d.field("sem_op", int64(int16(f.u16())))
	d.s(", sem_flg=")
	d.flags(f.u16(), &semopFlags)
	d.c1('}')
}

// semctl is the command and its argument, which depends on it.
func semctl(d *Decoder) bool {
	cmd, arg := d.next()&0xffffffff, d.size(d.next())
	d.semctl(cmd, arg)
	return true
}

func (d *Decoder) semctl(cmd, arg uint64) {
	d.ipcCommand(cmd, &semctlCmds)
	d.comma()
	d.addr(arg)
}

// msgbufIn is a message to send and its size.
func msgbufIn(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	d.msgbuf(addr, size)
	d.comma()
	d.udec(size)
	return true
}

// msgbufOut is a message to receive.
func msgbufOut(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, size := d.size(d.next()), d.size(d.next())
	d.msgbuf(addr, size)
	d.comma()
	d.udec(size)
	return true
}

func (d *Decoder) msgbuf(addr, size uint64) {
	f, ok := d.fetch(addr, d.kernelLong())
	if !ok {
		return
	}
	d.s("{mtype=")
	d.dec(f.klongs())
	d.s(", mtext=")
	d.data(addr+uint64(d.kernelLong()), size, 0)
	d.c1('}')
}

// shmatFlagsKind are shmat's flags; its result is an address.
func shmFlags(d *Decoder) bool { d.flags(d.next()&0xffffffff, &shmatFlags); return true }
