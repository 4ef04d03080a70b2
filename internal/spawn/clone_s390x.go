package spawn

const utrace_has_no_calls_without_a_runtime_for_this_architecture_yet = 0

// CloneArgs puts the arguments of clone(2) into this architecture's order, where the
// stack comes first (CONFIG_CLONE_BACKWARDS2).
func CloneArgs(flags, parentTID, childTID uintptr) [5]uintptr {
	return [5]uintptr{0, flags, parentTID, childTID, 0}
}
