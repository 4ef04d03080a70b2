package vptrace

// Requests of ptrace(2) that all architectures have. What each numbers by itself
// is in machine_*.go.
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
	reqAttach         = 16
	reqOldSetOptions  = 21
	reqDetach         = 17
	reqSyscall        = 24
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
	sigkill   = 9
	sigtrap   = 5
	sigchld   = 17
	sigcont   = 18
	sigstop   = 19
	lastSig   = 64
	sysTrap   = sigtrap | 0x80
	trapHwbp  = 4
	trapBrkpt = 1
	siUser    = 0
	siTkill   = -6
	siKernel  = 0x80
	siQueue   = -1

	saNoCldStop = 1

	prGetSeccomp = 21
	prSetSeccomp = 22

	prSetNoNewPrivs = 38

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
	waitAll       = 0x40000000
	waitClone     = 0x80000000
	waitClones    = waitAll | waitClone
	wait4Options  = waitNoHang | waitStopped | waitContinued | waitNoThread | waitClones
	waitidOptions = wait4Options | waitExited | waitNoWait

	idAll, idPID, idPGID, idPIDFD = 0, 1, 2, 3

	cldExited, cldKilled, cldDumped, cldTrapped = 1, 2, 3, 4
)

// Register sets.
const (
	ntPRStatus = 1
	ntPRFPReg  = 2
)
