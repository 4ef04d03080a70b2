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
		d.s("<<")
		d.named(26, "SHM_HUGE_SHIFT")
		d.c1('|')
	}
	d.octal3(v & 0o777)
	return true
}

const (
	ipcSet, ipcStat = 1, 2
	ipc64           = 0x100 // asks a 32-bit call for the wide structure
)

var ipcWidth = names{"", []name{{ipc64, "IPC_64"}}}

// ipcCommand prints a command of the *ctl calls.
func (d *Decoder) ipcCommand(v uint64, n *names) {
	if v&ipc64 != 0 {
		d.flags(ipc64, &ipcWidth)
		d.c1('|')
	}
	d.constant(v&^ipc64, n)
}

// ipcControl is the command of shmctl, msgctl or semctl and its buffer, which depends
// on the command: answers are structures that the kernel writes.
func ipcControl(n *names, set func(d *Decoder, addr uint64), answers map[uint64]func(d *Decoder, addr uint64)) kind {
	return func(d *Decoder) bool {
		cmd, addr := d.next()&0xffffffff, d.size(d.next())
		answer, ok := answers[cmd&^ipc64]
		if d.exiting {
			answer(d, addr)
			return true
		}
		d.ipcCommand(cmd, n)
		d.comma()
		switch {
		case ok:
			return false
		case cmd&^ipc64 == ipcSet:
			set(d, addr)
		default:
			d.addr(addr)
		}
		return true
	}
}

// semControl is the command of semctl and what it is about. By way of ipc, that stands in
// memory, where the last argument points to.
func semControl(d *Decoder) bool {
	if d.c.direct() {
		return semControlKind(d)
	}
	cmd, at := d.next()&0xffffffff, d.next()
	if d.exiting {
		semAnswers[cmd&^ipc64](d, d.c.saved[0])
		return true
	}
	d.ipcCommand(cmd, &semctlCmds)
	d.comma()
	f, ok := d.fetch(at, 4)
	if !ok {
		return true
	}
	addr := f.u32()
	switch _, ok := semAnswers[cmd&^ipc64]; {
	case ok:
		d.c.saved[0] = addr
		return false
	case cmd&^ipc64 == ipcSet:
		d.semidDs(addr)
	default:
		d.c1('[')
		d.addr(addr)
		d.c1(']')
	}
	return true
}

const ipcInfo = 3

var (
	shmAnswers = map[uint64]func(d *Decoder, addr uint64){
		ipcStat: (*Decoder).shmidDs, 13: (*Decoder).shmidDs, 15: (*Decoder).shmidDs, // SHM_STAT, SHM_STAT_ANY
		ipcInfo: wordsAt("shmmax", "shmmin", "shmmni", "shmseg", "shmall"),
		14:      (*Decoder).shmInfo,
	}
	msgAnswers = map[uint64]func(d *Decoder, addr uint64){
		ipcStat: (*Decoder).msqidDs, 11: (*Decoder).msqidDs, 13: (*Decoder).msqidDs, // MSG_STAT, MSG_STAT_ANY
		ipcInfo: structAt(32, msgInfo), 12: structAt(32, msgInfo),
	}
	msgInfo = layout{i32("msgpool"), i32("msgmap"), i32("msgmax"), i32("msgmnb"), i32("msgmni"), i32("msgssz"),
		i32("msgtql"), u16("msgseg")}
	semAnswers = map[uint64]func(d *Decoder, addr uint64){
		ipcStat: (*Decoder).semidDs, 18: (*Decoder).semidDs, 20: (*Decoder).semidDs, // SEM_STAT, SEM_STAT_ANY
		ipcInfo: structAt(40, semInfo), 19: structAt(40, semInfo),
	}
	semControlKind = ipcControl(&semctlCmds, (*Decoder).semidDs, semAnswers)

	semInfo = layout{i32("semmap"), i32("semmni"), i32("semmns"), i32("semmnu"), i32("semmsl"), i32("semopm"),
		i32("semume"), i32("semusz"), i32("semvmx"), i32("semaem")}
)

// wordsAt is a structure of words.
func wordsAt(names ...string) func(d *Decoder, addr uint64) {
	return func(d *Decoder, addr uint64) {
		if f, ok := d.fetch(addr, len(names)*d.kernelLong()); ok {
			d.c1('{')
			for _, name := range names {
				d.members(&f, layout{kword(name)})
			}
			d.c1('}')
		}
	}
}

func (d *Decoder) shmInfo(addr uint64) { structAt(d.bySize(48, 24), shmInfoLayout)(d, addr) }

var shmInfoLayout = layout{i32("used_ids"), kword("shm_tot"), kword("shm_rss"), kword("shm_swp"), kword("swap_attempts"),
	kword("swap_successes")}

func (d *Decoder) semidDs(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(104, 64))
	if !ok {
		return
	}
	d.s("{sem")
	d.ipcPerm(&f)
	if d.exiting {
		d.ufield("sem_otime", f.kulong())
		f.kulong()
		d.ufield("sem_ctime", f.kulong())
		f.kulong()
		d.ufield("sem_nsems", f.kulong())
	}
	d.c1('}')
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
		d.c1('}')
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
	}
	d.c1('}')
}

// semops is the vector of semop and its length.
func semops(d *Decoder) bool {
	addr, n := d.size(d.next()), d.next()&0xffffffff
	d.array(addr, n, 6, (*Decoder).sembuf)
	d.comma()
	d.udec(n)
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

// msgbufIn is a message to send and its size.
func msgbufIn(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	d.msgbuf(addr, size)
	d.comma()
	d.udec(size)
	return true
}

// msgbufOut is a message to receive, its size and type. By way of ipc, address and type
// stand in memory (struct ipc_kludge), but for later versions of it.
func msgbufOut(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, size, kind := d.size(d.next()), d.size(d.next()), d.next()
	if !d.c.direct() && d.c.Args[ipcVersion] == 0 {
		f, ok := d.fetch(addr, 8)
		if !ok {
			d.comma()
			d.udec(size)
			return true
		}
		addr, kind = f.u32(), f.u32()
	}
	d.msgbuf(addr, size)
	d.comma()
	d.udec(size)
	d.comma()
	d.longDec(kind)
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
