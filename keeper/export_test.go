package keeper

// PID is the child's.
func (k *Keeper) PID() int { return k.child.Process.Pid }
