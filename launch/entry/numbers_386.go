package entry

const (
	sysFcntl         = 221 // fcntl64
	sysRtSigaction   = 174
	sysRtSigprocmask = 175
	sysPrlimit64     = 340
)
