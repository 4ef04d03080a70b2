package vptrace

import "github.com/utrace/utrace/internal/notify"

// Requests of ptrace(2).
const (
	reqTraceme        = 0
	reqPeekText       = 1
	reqPeekData       = 2
	reqPeekUser       = 3
	reqPokeText       = 4
	reqPokeData       = 5
	reqPokeUser       = 6
	reqCont           = 7
	reqKill           = 8
	reqSingleStep     = 9
	reqGetRegs        = 12
	reqSetRegs        = 13
	reqGetFPRegs      = 14
	reqSetFPRegs      = 15
	reqAttach         = 16
	reqGetFPXRegs     = 18
	reqSetFPXRegs     = 19
	reqOldSetOptions  = 21
	reqGetThreadArea  = 25
	reqSetThreadArea  = 26
	reqArchPrctl      = 30
	reqSysemu         = 31
	reqSysemuStep     = 32
	reqDetach         = 17
	reqSyscall        = 24
	reqSingleBlock    = 33
	reqSetOptions     = 0x4200
	reqGetEventMsg    = 0x4201
	reqGetSiginfo     = 0x4202
	reqSetSiginfo     = 0x4203
	reqGetRegset      = 0x4204
	reqSetRegset      = 0x4205
	reqSeize          = 0x4206
	reqInterrupt      = 0x4207
	reqListen         = 0x4208
	reqPeekSiginfo    = 0x4209
	reqGetSigMask     = 0x420a
	reqSetSigMask     = 0x420b
	reqGetFilter      = 0x420c
	reqGetMetadata    = 0x420d
	reqGetSyscallInfo = 0x420e
	reqGetRseq        = 0x420f
	reqSetDispatch    = 0x4210
	reqGetDispatch    = 0x4211
	reqSetSyscallInfo = 0x4212
)

// Options of ptrace(2), and those of them that exist.
const (
	optSysGood   = 1 << 0
	optFork      = 1 << 1
	optVfork     = 1 << 2
	optClone     = 1 << 3
	optExec      = 1 << 4
	optVforkDone = 1 << 5
	optExit      = 1 << 6
	optSeccomp   = 1 << 7
	optExitKill  = 1 << 20
	optSuspend   = 1 << 21
	optAll       = 0xff | optExitKill | optSuspend
)

// Events in bits 16 and up of a wait status.
const (
	eventFork      = 1
	eventVfork     = 2
	eventClone     = 3
	eventExec      = 4
	eventVforkDone = 5
	eventExit      = 6
	eventSeccomp   = 7
	eventStop      = 128
)

// Signals, flags of clone(2), and codes of siginfo.
const (
	sigkill  = 9
	sigtrap  = 5
	sigchld  = 17
	sigcont  = 18
	sigstop  = 19
	lastSig  = 64
	sysTrap  = sigtrap | 0x80
	trapHwbp = 4
	siKernel = 0x80
	siQueue  = -1

	saNoCldStop = 1

	prGetSeccomp = 21

	exitSignalMask = 0xff
	clonePtrace    = 0x2000
	cloneVM        = 0x100
)

// Options and kinds of the waits.
const (
	waitNoHang    = 0x1
	waitStopped   = 0x2 // WUNTRACED of wait4
	waitExited    = 0x4
	waitContinued = 0x8
	waitNoWait    = 0x01000000
	waitNoThread  = 0x20000000
	waitClones    = 0xc0000000 // __WALL and __WCLONE
	wait4Options  = waitNoHang | waitStopped | waitContinued | waitNoThread | waitClones
	waitidOptions = wait4Options | waitExited | waitNoWait

	idAll, idPID, idPGID, idPIDFD = 0, 1, 2, 3

	cldExited, cldKilled, cldDumped, cldTrapped = 1, 2, 3, 4
)

// Register sets, and where the program counter is in struct user.
const (
	ntPRStatus = 1
	ntPRFPReg  = 2
	ntPRXFPReg = 0x46e62b7f
	// In struct user, and in struct user32 (arch/x86/include/asm/user_32.h).
	userPC    = 16 * 8
	userPC32  = 12 * 4
	userDR0   = 848
	userDR032 = 252
)

// System calls, by architecture.
const (
	archX8664 = 0xc000003e
	archI386  = 0x40000003

	sysPtrace    = 101
	sysWait4     = 61
	sysWaitid    = 247
	sysTkill     = 200
	sysTgkill    = 234
	sysOpenat    = 257
	sysPread64   = 17
	sysPrctl     = 157
	sysSigaction = 13
	sysPwrite64  = 18

	sysPtrace32    = 26
	sysWaitpid32   = 7
	sysWait432     = 114
	sysWaitid32    = 284
	sysTkill32     = 238
	sysTgkill32    = 270
	sysOpenat32    = 295
	sysPread6432   = 180
	sysPrctl32     = 172
	sysSigaction32 = 174
	sysPwrite6432  = 181
)

// memFlags are O_RDWR|O_CLOEXEC, by which debuggers open the memory of their
// tracees; 32-bit ones add O_LARGEFILE.
const (
	memFlags   = 0x80002
	memFlags32 = memFlags | 0x8000
	// readFlags are those of fopen(3) for reading.
	readFlags   = 0
	readFlags32 = 0x8000
)

// Rules are the system calls that a tracer's filter has to send to the Server.
// Of the calls of others the filter picks those that matter: a SIGSTOP that is
// sent to one thread, the opening of files that could be a process's memory, and
// transfers on descriptors with the numbers that these get.
func Rules() []notify.Rule {
	all := func(arch, nr uint32) notify.Rule { return notify.Rule{Arch: arch, Number: nr, Arg: notify.Any} }
	is := func(arch, nr uint32, arg int, value uint32) notify.Rule {
		return notify.Rule{Arch: arch, Number: nr, Arg: arg, Value: value}
	}
	onMem := func(arch, nr uint32) notify.Rule {
		return notify.Rule{Arch: arch, Number: nr, Arg: 0, Value: firstMemFD, Last: lastMemFD}
	}
	return []notify.Rule{
		all(archX8664, sysPtrace),
		all(archX8664, sysWait4),
		all(archX8664, sysWaitid),
		is(archX8664, sysTkill, 1, sigstop),
		is(archX8664, sysTgkill, 2, sigstop),
		is(archX8664, sysOpenat, 2, memFlags),
		is(archX8664, sysOpenat, 2, readFlags),
		is(archX8664, sysSigaction, 0, sigchld),
		is(archX8664, sysPrctl, 0, prGetSeccomp),
		onMem(archX8664, sysPread64),
		onMem(archX8664, sysPwrite64),
		all(archI386, sysPtrace32),
		all(archI386, sysWaitpid32),
		all(archI386, sysWait432),
		all(archI386, sysWaitid32),
		is(archI386, sysTkill32, 1, sigstop),
		is(archI386, sysTgkill32, 2, sigstop),
		is(archI386, sysOpenat32, 2, memFlags),
		is(archI386, sysOpenat32, 2, memFlags32),
		is(archI386, sysOpenat32, 2, readFlags),
		is(archI386, sysOpenat32, 2, readFlags32),
		is(archI386, sysSigaction32, 0, sigchld),
		is(archI386, sysPrctl32, 0, prGetSeccomp),
		onMem(archI386, sysPread6432),
		onMem(archI386, sysPwrite6432),
	}
}
