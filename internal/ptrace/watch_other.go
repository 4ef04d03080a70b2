//go:build !ppc64le

package ptrace

import "syscall"

// watchNote is no set here, and the kernel would say so.
const watchNote = 0

func setWatches(int, []byte) (int, error) { return 0, syscall.EINVAL }
