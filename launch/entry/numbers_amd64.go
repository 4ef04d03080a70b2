package entry

const (
	sysFcntl         = 72
	sysRtSigaction   = 13
	sysRtSigprocmask = 14
	sysPrlimit64     = 302
)
