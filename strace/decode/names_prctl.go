package decode

// Constants of prctl(2).

var (
	prctlOps = names{"PR_???", []name{
		{1, "PR_SET_PDEATHSIG"}, {2, "PR_GET_PDEATHSIG"}, {3, "PR_GET_DUMPABLE"},
		{4, "PR_SET_DUMPABLE"}, {5, "PR_GET_UNALIGN"}, {6, "PR_SET_UNALIGN"}, {7, "PR_GET_KEEPCAPS"},
		{8, "PR_SET_KEEPCAPS"}, {9, "PR_GET_FPEMU"}, {0xa, "PR_SET_FPEMU"}, {0xb, "PR_GET_FPEXC"},
		{0xc, "PR_SET_FPEXC"}, {0xd, "PR_GET_TIMING"}, {0xe, "PR_SET_TIMING"}, {0xf, "PR_SET_NAME"},
		{0x10, "PR_GET_NAME"}, {0x13, "PR_GET_ENDIAN"}, {0x14, "PR_SET_ENDIAN"},
		{0x15, "PR_GET_SECCOMP"}, {0x16, "PR_SET_SECCOMP"}, {0x17, "PR_CAPBSET_READ"},
		{0x18, "PR_CAPBSET_DROP"}, {0x19, "PR_GET_TSC"}, {0x1a, "PR_SET_TSC"},
		{0x1b, "PR_GET_SECUREBITS"}, {0x1c, "PR_SET_SECUREBITS"}, {0x1d, "PR_SET_TIMERSLACK"},
		{0x1e, "PR_GET_TIMERSLACK"}, {0x1f, "PR_TASK_PERF_EVENTS_DISABLE"},
		{0x20, "PR_TASK_PERF_EVENTS_ENABLE"}, {0x21, "PR_MCE_KILL"}, {0x22, "PR_MCE_KILL_GET"},
		{0x23, "PR_SET_MM"}, {0x24, "PR_SET_CHILD_SUBREAPER"}, {0x25, "PR_GET_CHILD_SUBREAPER"},
		{0x26, "PR_SET_NO_NEW_PRIVS"}, {0x27, "PR_GET_NO_NEW_PRIVS"}, {0x28, "PR_GET_TID_ADDRESS"},
		{0x29, "PR_SET_THP_DISABLE"}, {0x2a, "PR_GET_THP_DISABLE"},
		{0x2b, "PR_MPX_ENABLE_MANAGEMENT"}, {0x2c, "PR_MPX_DISABLE_MANAGEMENT"},
		{0x2d, "PR_SET_FP_MODE"}, {0x2e, "PR_GET_FP_MODE"}, {0x2f, "PR_CAP_AMBIENT"},
		{0x32, "PR_SVE_SET_VL"}, {0x33, "PR_SVE_GET_VL"}, {0x34, "PR_GET_SPECULATION_CTRL"},
		{0x35, "PR_SET_SPECULATION_CTRL"}, {0x36, "PR_PAC_RESET_KEYS"},
		{0x37, "PR_SET_TAGGED_ADDR_CTRL"}, {0x38, "PR_GET_TAGGED_ADDR_CTRL"},
		{0x39, "PR_SET_IO_FLUSHER"}, {0x3a, "PR_GET_IO_FLUSHER"},
		{0x3b, "PR_SET_SYSCALL_USER_DISPATCH"}, {0x3c, "PR_PAC_SET_ENABLED_KEYS"},
		{0x3d, "PR_PAC_GET_ENABLED_KEYS"}, {0x3e, "PR_SCHED_CORE"}, {0x3f, "PR_SME_SET_VL"},
		{0x40, "PR_SME_GET_VL"}, {0x53564d41, "PR_SET_VMA"}, {0x59616d61, "PR_SET_PTRACER"},
	}}
	dumpableValues = names{"SUID_DUMP_???", []name{
		{0, "SUID_DUMP_DISABLE"}, {1, "SUID_DUMP_USER"}, {2, "SUID_DUMP_ROOT"},
	}}
	unalignFlags = names{"PR_UNALIGN_???", []name{
		{1, "PR_UNALIGN_NOPRINT"}, {2, "PR_UNALIGN_SIGBUS"},
	}}
	tscFlags = names{"PR_TSC_???", []name{
		{1, "PR_TSC_ENABLE"}, {2, "PR_TSC_SIGSEGV"},
	}}
	securebits = names{"SECBIT_???", []name{
		{1, "SECBIT_NOROOT"}, {2, "SECBIT_NOROOT_LOCKED"}, {4, "SECBIT_NO_SETUID_FIXUP"},
		{8, "SECBIT_NO_SETUID_FIXUP_LOCKED"}, {0x10, "SECBIT_KEEP_CAPS"},
		{0x20, "SECBIT_KEEP_CAPS_LOCKED"}, {0x40, "SECBIT_NO_CAP_AMBIENT_RAISE"},
		{0x80, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"},
	}}
	mceKillOps = names{"PR_MCE_KILL_???", []name{
		{0, "PR_MCE_KILL_CLEAR"}, {1, "PR_MCE_KILL_SET"},
	}}
	mceKillPolicies = names{"PR_MCE_KILL_???", []name{
		{0, "PR_MCE_KILL_LATE"}, {1, "PR_MCE_KILL_EARLY"}, {2, "PR_MCE_KILL_DEFAULT"},
	}}
	setMMOps = names{"PR_SET_MM_???", []name{
		{1, "PR_SET_MM_START_CODE"}, {2, "PR_SET_MM_END_CODE"}, {3, "PR_SET_MM_START_DATA"},
		{4, "PR_SET_MM_END_DATA"}, {5, "PR_SET_MM_START_STACK"}, {6, "PR_SET_MM_START_BRK"},
		{7, "PR_SET_MM_BRK"}, {8, "PR_SET_MM_ARG_START"}, {9, "PR_SET_MM_ARG_END"},
		{0xa, "PR_SET_MM_ENV_START"}, {0xb, "PR_SET_MM_ENV_END"}, {0xc, "PR_SET_MM_AUXV"},
		{0xd, "PR_SET_MM_EXE_FILE"}, {0xe, "PR_SET_MM_MAP"}, {0xf, "PR_SET_MM_MAP_SIZE"},
	}}
	seccompModes = names{"SECCOMP_MODE_???", []name{
		{0, "SECCOMP_MODE_DISABLED"}, {1, "SECCOMP_MODE_STRICT"}, {2, "SECCOMP_MODE_FILTER"},
	}}
	capAmbientOps = names{"PR_CAP_AMBIENT_???", []name{
		{1, "PR_CAP_AMBIENT_IS_SET"}, {2, "PR_CAP_AMBIENT_RAISE"}, {3, "PR_CAP_AMBIENT_LOWER"},
		{4, "PR_CAP_AMBIENT_CLEAR_ALL"},
	}}
	fpModes = names{"PR_FP_MODE_???", []name{
		{1, "PR_FP_MODE_FR"}, {2, "PR_FP_MODE_FRE"},
	}}
	specTypes = names{"PR_SPEC_???", []name{
		{0, "PR_SPEC_STORE_BYPASS"}, {1, "PR_SPEC_INDIRECT_BRANCH"}, {2, "PR_SPEC_L1D_FLUSH"},
	}}
	specSetValues = names{"PR_SPEC_???", []name{
		{2, "PR_SPEC_ENABLE"}, {4, "PR_SPEC_DISABLE"}, {8, "PR_SPEC_FORCE_DISABLE"},
		{0x10, "PR_SPEC_DISABLE_NOEXEC"},
	}}
	specGetValues = names{"PR_SPEC_???", []name{
		{1, "PR_SPEC_PRCTL"}, {2, "PR_SPEC_ENABLE"}, {4, "PR_SPEC_DISABLE"},
		{8, "PR_SPEC_FORCE_DISABLE"}, {0x10, "PR_SPEC_DISABLE_NOEXEC"},
	}}
	pacKeys = names{"PR_PAC_???", []name{
		{1, "PR_PAC_APIAKEY"}, {2, "PR_PAC_APIBKEY"}, {4, "PR_PAC_APDAKEY"}, {8, "PR_PAC_APDBKEY"},
		{0x10, "PR_PAC_APGAKEY"},
	}}
	dispatchModes = names{"PR_SYS_DISPATCH_???", []name{
		{0, "PR_SYS_DISPATCH_OFF"}, {1, "PR_SYS_DISPATCH_ON"},
	}}
	schedCoreOps = names{"PR_SCHED_CORE_???", []name{
		{0, "PR_SCHED_CORE_GET"}, {1, "PR_SCHED_CORE_CREATE"}, {2, "PR_SCHED_CORE_SHARE_TO"},
		{3, "PR_SCHED_CORE_SHARE_FROM"},
	}}
	pidTypes = names{"PIDTYPE_???", []name{
		{0, "PIDTYPE_PID"}, {1, "PIDTYPE_TGID"}, {2, "PIDTYPE_PGID"}, {3, "PIDTYPE_SID"},
	}}
)
