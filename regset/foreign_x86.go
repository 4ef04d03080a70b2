//go:build !amd64 && !386

package regset

// The tables of x86 are data and can be read on every machine, for core files;
// but where extended state lies in them, only an x86 processor knows.
func xstateLayout() *[64]place { return new([64]place) }

const (
	userWord = 8
	debugAt  = 848
)
