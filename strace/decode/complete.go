package decode

// Complete reports, after Entry, whether it printed all arguments, so that
// nothing but the parenthesis and the result is left for the exit.
func (c *Call) Complete() bool { return c.spec == nil || c.kind >= len(c.spec.args) }
