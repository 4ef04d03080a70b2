package decode

import (
	"sync"

	"github.com/utrace/utrace/syscalls"
)

// A kind prints one argument, taking as many registers as it needs with
// [Decoder.next]. It returns false at entry when it must wait for the exit; it
// is then called again with the same registers, and must print the rest.
type kind func(*Decoder) bool

// A spec is how one call is printed.
type spec struct {
	args []kind
	ret  result
}

// call is a spec whose result is a plain number.
func call(args ...kind) spec { return spec{args: args} }

// rawSpecs[n] prints n registers in hexadecimal.
var rawSpecs = func() (s [7]spec) {
	for n := range s {
		for range n {
			s[n].args = append(s[n].args, rawArg)
		}
		s[n].ret = resultHex
	}
	return
}()

// plainSpecs[n] is how strace prints a call of n arguments that it does not
// know more of: they are raw, the result is not.
var plainSpecs = func() (s [7]spec) {
	for n := range s {
		s[n] = call(rawSpecs[n].args...)
	}
	return
}()

func rawArg(d *Decoder) bool {
	d.hex(d.next())
	return true
}

// specTables holds for each ABI the specs by number, built when the ABI is
// first seen.
var specTables sync.Map // *syscalls.ABI -> []*spec

// specOf returns how to print a call.
func specOf(abi *syscalls.ABI, call *syscalls.Call) *spec {
	t, ok := specTables.Load(abi)
	if !ok {
		t, _ = specTables.LoadOrStore(abi, buildSpecs(abi))
	}
	if table := t.([]*spec); call.Number < len(table) {
		return table[call.Number]
	}
	return subcallSpecs[call.Name] // made by way of another call
}

func buildSpecs(abi *syscalls.ABI) []*spec {
	calls := abi.Calls()
	table := make([]*spec, len(calls))
	for nr := range calls {
		c := &calls[nr]
		s, ok := specs[c.Name]
		if abi.WordSize == 4 {
			if s32, ok32 := specs32[c.Name]; ok32 {
				s, ok = s32, true
			}
		}
		if ok {
			table[nr] = &s
		} else {
			table[nr] = &plainSpecs[c.NArgs]
		}
	}
	return table
}

// next returns the next register, as wide as the ABI's.
func (d *Decoder) next() uint64 {
	if d.c.arg >= len(d.c.Args) {
		return 0
	}
	v := d.c.Args[d.c.arg]
	d.c.arg++
	return v
}

// next64 returns a 64-bit argument, which 32-bit machines pass in two registers, the
// low half first; on arm the first of them has an even number.
func (d *Decoder) next64() uint64 {
	if d.c.ABI.WordSize == 8 {
		return d.next()
	}
	if d.c.ABI == syscalls.ARM && d.c.arg%2 != 0 {
		d.next()
	}
	low := d.next()
	return low | d.next()<<32
}

var subcallSpecs = func() map[string]*spec {
	m := make(map[string]*spec)
	for _, c := range syscalls.I386.Subcalls() {
		if s, ok := specs[c.Name]; ok {
			m[c.Name] = &s
		}
	}
	return m
}()
