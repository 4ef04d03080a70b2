//go:build ppc64 || ppc64le

package entry

const (
	sysFcntl         = 55
	sysRtSigaction   = 173
	sysRtSigprocmask = 174
	sysPrlimit64     = 325
)
