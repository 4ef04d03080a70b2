package decode

// Calls of i386 that put several into one, or come from before there were
// better ones.

// oldSuspend is i386's sigsuspend: two ignored words and a set.
func oldSuspend(d *Decoder) bool {
	d.next()
	d.next()
	return mask(d)
}

// readdir fills one struct old_linux_dirent.
func readdir(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr := d.next()
	if d.c.Result == 0 {
		d.addr(addr)
		return true
	}
	f, ok := d.fetch(addr, 10)
	if !ok {
		return true
	}
	d.s("{d_ino=")
	d.udec(f.u32())
	d.ufield("d_off", f.u32())
	n := f.u16()
	d.ufield("d_reclen", n)
	d.s(", d_name=")
	const nameMax = 256
	buf := d.buffer(int(min(n, nameMax)))
	if d.read(addr+10, buf) {
		d.quote(buf, 0)
	} else {
		d.addr(addr + 10)
	}
	d.c1('}')
	return true
}

// socketcalls are the calls behind socketcall and their numbers of arguments.
var socketcalls = [...]struct {
	name  string
	nargs int
}{
	1: {"socket", 3}, {"bind", 3}, {"connect", 3}, {"listen", 2}, {"accept", 3},
	{"getsockname", 3}, {"getpeername", 3}, {"socketpair", 4}, {"send", 4}, {"recv", 4},
	{"sendto", 6}, {"recvfrom", 6}, {"shutdown", 2}, {"setsockopt", 5}, {"getsockopt", 5},
	{"sendmsg", 3}, {"recvmsg", 3}, {"accept4", 4}, {"recvmmsg", 5}, {"sendmmsg", 4},
}

// socketcall reads the arguments of a socket call from memory and becomes that
// call; when it cannot, it prints what it has.
func socketcall(d *Decoder) bool {
	op, addr := d.next(), d.next()
	if op == 0 || op >= uint64(len(socketcalls)) {
		d.dec(int64(int32(op)))
	} else {
		d.constant(op, &socketcallOps)
	}
	d.comma()
	d.addr(addr)
	return true
}

// ipcCalls are the calls behind ipc.
var ipcCalls = [...]string{
	1: "semop", 2: "semget", 3: "semctl", 4: "semtimedop",
	11: "msgsnd", 12: "msgrcv", 13: "msgget", 14: "msgctl",
	21: "shmat", 22: "shmdt", 23: "shmget", 24: "shmctl",
}

// ipc prints a call that is none of those.
func ipc(d *Decoder) bool {
	op := d.next()
	if version := op >> 16; version != 0 {
		d.udec(version)
		d.s("<<16|")
	}
	d.udec(op & 0xffff)
	for range 5 {
		d.comma()
		hexWord(d)
	}
	return true
}

// demultiplex makes of socketcall and ipc the call that they stand for: its
// name, and its arguments in place of c's.
func (d *Decoder) demultiplex(c *Call) (name string, args [6]uint64, ok bool) {
	d.c = c
	defer func() { d.c = nil }()
	switch call, _ := c.ABI.Lookup(c.Nr); call.Name {
	case "socketcall":
		op := c.Args[0]
		if op == 0 || op >= uint64(len(socketcalls)) || c.Args[1] == 0 {
			return "", args, false
		}
		n := socketcalls[op].nargs
		f, ok := d.peek(c.Args[1], 4*n)
		if !ok {
			return "", args, false
		}
		for i := range n {
			args[i] = f.u32()
		}
		return socketcalls[op].name, args, true
	case "ipc":
		return d.demultiplexIPC(c)
	}
	return "", args, false
}

// demultiplexIPC follows sys_ipc in ipc/syscall.c: ipc(op, first, second,
// third, ptr, fifth).
func (d *Decoder) demultiplexIPC(c *Call) (name string, args [6]uint64, ok bool) {
	op, version := c.Args[0]&0xffff, c.Args[0]>>16
	if op >= uint64(len(ipcCalls)) || ipcCalls[op] == "" || version != 0 {
		return "", args, false
	}
	first, second, third, ptr, fifth := c.Args[1], c.Args[2], c.Args[3], c.Args[4], c.Args[5]
	switch name = ipcCalls[op]; name {
	case "semop":
		args = [6]uint64{first, ptr, second}
	case "semtimedop":
		args = [6]uint64{first, ptr, second, fifth}
	case "semget", "shmget":
		args = [6]uint64{first, second, third}
	case "semctl":
		args = [6]uint64{first, second, third, ptr}
	case "msgsnd":
		args = [6]uint64{first, ptr, second, third}
	case "msgrcv":
		args = [6]uint64{first, ptr, second, fifth, third}
	case "msgget":
		args = [6]uint64{first, second}
	case "msgctl", "shmctl":
		args = [6]uint64{first, second, ptr}
	case "shmat":
		args = [6]uint64{first, ptr, second}
	case "shmdt":
		args = [6]uint64{ptr}
	}
	return name, args, true
}
