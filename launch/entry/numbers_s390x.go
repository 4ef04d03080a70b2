package entry

const (
	sysFcntl         = 55
	sysRtSigaction   = 174
	sysRtSigprocmask = 175
	sysPrlimit64     = 334
)
