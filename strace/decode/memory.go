package decode

const (
	// pathMax is PATH_MAX of linux/limits.h: no path that the kernel reads
	// is longer.
	pathMax = 4096
	// elemMax is enough for the largest structure that is read at once.
	elemMax = 1024
)
