package decode

// Constants of signals.

var (
	sigHows = names{"SIG_???", []name{
		{0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"},
	}}
	sigactionFlags = names{"SA_???", []name{
		{0x4000000, "SA_RESTORER"}, {0x8000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"},
		{0x20000000, "SA_INTERRUPT"}, {0x40000000, "SA_NODEFER"}, {0x80000000, "SA_RESETHAND"}, {4, "SA_SIGINFO"},
		{1, "SA_NOCLDSTOP"}, {2, "SA_NOCLDWAIT"},
	}}
	sigaltstackFlags = names{"SS_???", []name{
		{1, "SS_ONSTACK"}, {2, "SS_DISABLE"}, {0x80000000, "SS_AUTODISARM"},
	}}
	sigevNotify = names{"SIGEV_???", []name{
		{0, "SIGEV_SIGNAL"}, {1, "SIGEV_NONE"}, {2, "SIGEV_THREAD"}, {4, "SIGEV_THREAD_ID"},
	}}
	siCodes = names{"SI_???", []name{
		{0, "SI_USER"}, {0x80, "SI_KERNEL"}, {0xffffffff, "SI_QUEUE"}, {0xfffffffe, "SI_TIMER"},
		{0xfffffffd, "SI_MESGQ"}, {0xfffffffc, "SI_ASYNCIO"}, {0xfffffffb, "SI_SIGIO"},
		{0xfffffffa, "SI_TKILL"}, {0xfffffff9, "SI_DETHREAD"}, {0xffffffc4, "SI_ASYNCNL"},
	}}
	illCodes = names{"ILL_???", []name{
		{1, "ILL_ILLOPC"}, {2, "ILL_ILLOPN"}, {3, "ILL_ILLADR"}, {4, "ILL_ILLTRP"}, {5, "ILL_PRVOPC"},
		{6, "ILL_PRVREG"}, {7, "ILL_COPROC"}, {8, "ILL_BADSTK"}, {9, "ILL_BADIADDR"},
	}}
	fpeCodes = names{"FPE_???", []name{
		{1, "FPE_INTDIV"}, {2, "FPE_INTOVF"}, {3, "FPE_FLTDIV"}, {4, "FPE_FLTOVF"}, {5, "FPE_FLTUND"},
		{6, "FPE_FLTRES"}, {7, "FPE_FLTINV"}, {8, "FPE_FLTSUB"},
		{0xe, "FPE_FLTUNK"}, {0xf, "FPE_CONDTRAP"},
	}}
	segvCodes = names{"SEGV_???", []name{
		{1, "SEGV_MAPERR"}, {2, "SEGV_ACCERR"}, {3, "SEGV_BNDERR"}, {4, "SEGV_PKUERR"},
		{5, "SEGV_ACCADI"}, {6, "SEGV_ADIDERR"}, {7, "SEGV_ADIPERR"}, {8, "SEGV_MTEAERR"},
		{9, "SEGV_MTESERR"},
	}}
	busCodes = names{"BUS_???", []name{
		{1, "BUS_ADRALN"}, {2, "BUS_ADRERR"}, {3, "BUS_OBJERR"}, {4, "BUS_MCEERR_AR"},
		{5, "BUS_MCEERR_AO"},
	}}
	trapCodes = names{"TRAP_???", []name{
		{1, "TRAP_BRKPT"}, {2, "TRAP_TRACE"}, {3, "TRAP_BRANCH"}, {4, "TRAP_HWBKPT"}, {5, "TRAP_UNK"},
		{6, "TRAP_PERF"},
	}}
	chldCodes = names{"CLD_???", []name{
		{1, "CLD_EXITED"}, {2, "CLD_KILLED"}, {3, "CLD_DUMPED"}, {4, "CLD_TRAPPED"},
		{5, "CLD_STOPPED"}, {6, "CLD_CONTINUED"},
	}}
	pollCodes = names{"POLL_???", []name{
		{1, "POLL_IN"}, {2, "POLL_OUT"}, {3, "POLL_MSG"}, {4, "POLL_ERR"}, {5, "POLL_PRI"},
		{6, "POLL_HUP"},
	}}
	sysCodes = names{"SYS_???", []name{
		{1, "SYS_SECCOMP"}, {2, "SYS_USER_DISPATCH"},
	}}
)
