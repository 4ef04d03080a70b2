//go:build linux && !amd64 && !386

package regset_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// visit is a thread in the program of testdata/registers.S.
type visit struct {
	*testtracee.Tracee
	*regset.View
	t    *testing.T
	abi  regset.ABI
	file loaded
}

func newVisit(t *testing.T) visit { return visitOf(t, regset.NativeABI()) }

func visitOf(t *testing.T, abi regset.ABI) visit {
	t.Helper()
	file := loadProgram(t, abi)
	p := testtracee.StartFile(t, file.path)
	if runtime.GOARCH == "arm64" {
		p.Step() // leaves the system call, if it is in its execve
	}
	return visit{p, abi.View(), t, abi, file}
}

// run has it go on at a symbol, with the stack pointer at the area, to its next trap.
func (v visit) run(symbol string) {
	v.t.Helper()
	v.file.send(v.t, v.Tracee, v.abi, v.file.symbols[symbol])
	v.Run()
}

// finds compares what the program has stored with what was written.
func (v visit) finds(at int, want []byte) {
	v.t.Helper()
	if seen := v.area(at, len(want)); !bytes.Equal(seen, want) {
		v.t.Errorf("the program stores % x at %d, where % x was written", seen, at, want)
	}
}

func (v visit) set(name string, value uint64) {
	v.t.Helper()
	if err := v.WriteUint(v, name, value); err != nil {
		v.t.Fatal(err)
	}
}

func (v visit) get(name string) uint64 {
	v.t.Helper()
	value, err := v.ReadUint(v, name)
	if err != nil {
		v.t.Fatal(err)
	}
	return value
}

// area is what the program has stored at an offset.
func (v visit) area(at, n int) []byte {
	v.t.Helper()
	buf := make([]byte, n)
	v.ReadMemory(v.file.symbols["area"]+uint64(at), buf)
	return buf
}
