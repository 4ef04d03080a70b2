package regset

// View is the list of register sets of one ABI.
type View struct {
	Name string
}
