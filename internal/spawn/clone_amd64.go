package spawn

// CloneArgs puts the arguments of clone(2) into this architecture's order.
func CloneArgs(flags, parentTID, childTID uintptr) [5]uintptr {
	return [5]uintptr{flags, 0, parentTID, childTID, 0}
}
