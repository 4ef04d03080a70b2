package syscalls

// i386 makes some calls by way of socketcall(2) and ipc(2), whose first argument says
// which. Here they have numbers of their own, beyond those of the kernel, so that they
// are chosen, counted and named like others.
const (
	firstSubcall = 1 << 16
	firstIPC     = firstSubcall + 32
	lastSubcall  = firstSubcall + len(subcalls) - 1
	// setSubcalls is where they are in a Set: after all numbers of i386.
	setSubcalls = setWords*64 - uint64(len(subcalls))
)

var subcalls = func() (list [64]Call) {
	socket := func(op int, name string, args int) {
		list[op] = Call{firstSubcall + op, name, args, Network}
	}
	ipc := func(op int, name string, args int, more Class) {
		list[firstIPC-firstSubcall+op] = Call{firstIPC + op, name, args, Ipc | more}
	}
	for op, c := range [...]struct {
		name string
		args int
	}{
		1: {"socket", 3}, {"bind", 3}, {"connect", 3}, {"listen", 2}, {"accept", 3},
		{"getsockname", 3}, {"getpeername", 3}, {"socketpair", 4}, {"send", 4}, {"recv", 4},
		{"sendto", 6}, {"recvfrom", 6}, {"shutdown", 2}, {"setsockopt", 5}, {"getsockopt", 5},
		{"sendmsg", 3}, {"recvmsg", 3}, {"accept4", 4}, {"recvmmsg", 5}, {"sendmmsg", 4},
	} {
		if c.name != "" {
			socket(op, c.name, c.args)
		}
	}
	ipc(1, "semop", 3, 0)
	ipc(2, "semget", 3, 0)
	ipc(3, "semctl", 4, 0)
	ipc(4, "semtimedop", 4, 0)
	ipc(11, "msgsnd", 4, 0)
	ipc(12, "msgrcv", 5, 0)
	ipc(13, "msgget", 2, 0)
	ipc(14, "msgctl", 3, 0)
	ipc(21, "shmat", 3, Memory)
	ipc(22, "shmdt", 1, Memory)
	ipc(23, "shmget", 3, 0)
	ipc(24, "shmctl", 3, 0)
	return list
}()

// subcall is the index of such a number.
func (a *ABI) subcall(nr uint64) (i uint64, ok bool) {
	i = nr - firstSubcall
	return i, a == I386 && i < uint64(len(subcalls))
}

// Behind returns the number of the call that is made by way of call nr with the first
// argument op, and Through the opposite: which call of the kernel makes call nr. Both
// return nr for all other calls.
func (a *ABI) Behind(nr, op uint64) uint64 {
	call, ok := a.Lookup(nr)
	if !ok || a != I386 {
		return nr
	}
	behind := nr
	switch {
	case call.Name == "socketcall" && op < firstIPC-firstSubcall:
		behind = firstSubcall + op
	case call.Name == "ipc" && op&0xffff < uint64(lastSubcall-firstIPC): // above it is a version
		behind = firstIPC + op&0xffff
	}
	if _, ok := a.Lookup(behind); !ok {
		return nr
	}
	return behind
}

// Through is described with [ABI.Behind].
func (a *ABI) Through(nr uint64) uint64 {
	i, ok := a.subcall(nr)
	if !ok {
		return nr
	}
	name := "socketcall"
	if i >= firstIPC-firstSubcall {
		name = "ipc"
	}
	return uint64(a.byName[name].Number)
}

// Subcalls are the calls that are made by way of others.
func (a *ABI) Subcalls() (list []Call) {
	for i := range subcalls {
		if a == I386 && subcalls[i].Name != "" {
			list = append(list, subcalls[i])
		}
	}
	return list
}

// Reaches reports whether call nr of the kernel is in the set, or a call that is made by
// way of it: whether a thread has to be asked at that call.
func (s *Set) Reaches(abi *ABI, nr uint64) bool {
	if s.Contains(abi, nr) {
		return true
	}
	if s == nil || abi != I386 {
		return false
	}
	for i := range subcalls {
		if c := &subcalls[i]; c.Name != "" && abi.Through(uint64(c.Number)) == nr && s.Contains(abi, uint64(c.Number)) {
			return true
		}
	}
	return false
}
