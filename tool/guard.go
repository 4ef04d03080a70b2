package tool

// Go runs f on a goroutine of the command. See [Env.Recover].
func (e *Env) Go(f func()) {
	go func() {
		defer e.Recover()
		f()
	}()
}

// Recover is deferred in what a command runs on goroutines. A panic there would end
// the process; where that runs commands of others, too, it ends the command instead.
func (e *Env) Recover() {
	if e.Failed == nil {
		return
	}
	if v := recover(); v != nil {
		e.Failed(v)
	}
}
