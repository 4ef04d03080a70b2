package daemon

// renew decides whether a client may go on tracing a thread that has executed
// another program.
func (s *session) renew(thread int) bool { return true }
