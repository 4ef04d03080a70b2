package decode

import (
	"encoding/binary"

	"github.com/utrace/utrace/syscalls"
)

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

// socketcall is one that stands for no other call, or for one whose arguments cannot be
// read.
func socketcall(d *Decoder) bool {
	op, addr := d.next(), d.next()
	if socketcallOps.find(op) == "" {
		d.dec(int64(int32(op)))
	} else {
		d.constant(op, &socketcallOps)
	}
	d.comma()
	d.addr(addr)
	return true
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

// Demultiplex makes of socketcall and ipc the call that they stand for: its number
// (syscalls.ABI.Behind) and its arguments take the place of c's. Other calls, and those
// whose arguments cannot be read, stay what they are.
func (c *Call) Demultiplex() {
	if c.ABI != syscalls.I386 {
		return
	}
	nr := c.ABI.Behind(c.Nr, c.Args[0]&0xffffffff)
	if nr == c.Nr {
		return
	}
	call, _ := c.ABI.Lookup(nr)
	if through, _ := c.ABI.Lookup(c.Nr); through.Name == "ipc" {
		version := c.Args[0] >> 16 & 0xffff
		c.Nr, c.Args = nr, ipcArguments(call.Name, c.Args)
		c.Args[ipcVersion] = version
		return
	}
	var list [24]byte
	addr := c.Args[1] & 0xffffffff
	if addr == 0 || c.Mem == nil {
		return
	}
	part := list[:4*call.NArgs]
	if n, err := c.Mem.ReadMemory(addr, part); err != nil || n != len(part) {
		return
	}
	c.Nr, c.Args = nr, [6]uint64{}
	for i := range call.NArgs {
		c.Args[i] = uint64(binary.LittleEndian.Uint32(part[4*i:]))
	}
}

// ipcVersion is where the version of ipc is kept: no call behind it has that argument.
const ipcVersion = 5

// direct reports whether the call was made by itself, not by way of ipc or socketcall.
func (c *Call) direct() bool { return c.ABI.Through(c.Nr) == c.Nr }

// ipcArguments follows sys_ipc in ipc/syscall.c: ipc(op, first, second, third, ptr, fifth).
func ipcArguments(name string, args [6]uint64) [6]uint64 {
	first, second, third, ptr, fifth := args[1], args[2], args[3], args[4], args[5]
	switch name {
	case "semop":
		return [6]uint64{first, ptr, second}
	case "semtimedop":
		return [6]uint64{first, ptr, second, fifth}
	case "semctl":
		return [6]uint64{first, second, third, ptr}
	case "msgsnd":
		return [6]uint64{first, ptr, second, third}
	case "msgrcv":
		return [6]uint64{first, ptr, second, fifth, third}
	case "msgctl", "shmctl":
		return [6]uint64{first, second, ptr}
	case "shmat":
		return [6]uint64{first, ptr, second}
	case "shmdt":
		return [6]uint64{ptr}
	}
	return [6]uint64{first, second, third} // semget, shmget, msgget
}
