//go:build 386 || arm64 || ppc64 || ppc64le || riscv64

package spawn

const utrace_has_no_calls_without_a_runtime_for_this_architecture_yet = 0

// CloneArgs puts the arguments of clone(2) into the order of most architectures, where
// that of the thread's storage is the last but one (CONFIG_CLONE_BACKWARDS).
func CloneArgs(flags, parentTID, childTID uintptr) [5]uintptr {
	return [5]uintptr{flags, 0, parentTID, 0, childTID}
}
