package decode

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"github.com/utrace/utrace/syscalls"
)

//go:embed ioctls.txt
var ioctlText string

//go:embed ioctls_i386.txt
var narrowText string

// ioctlNames returns the names of requests by number. Headers of different
// drivers give some numbers twice: "SNDCTL_TMR_START or TCSETS". narrowNames has those
// whose structures are of another size in i386, so that another request has the number.
var (
	ioctlNames  = sync.OnceValue(func() map[uint64]string { return requestNames(ioctlText) })
	narrowNames = sync.OnceValue(func() map[uint64]string { return requestNames(narrowText) })
)

func requestNames(list string) map[uint64]string {
	m := make(map[uint64]string)
	for line := range strings.Lines(list) {
		number, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseUint(number, 0, 32); err == nil {
			m[v] = text
		}
	}
	return m
}

// ioctlText returns the names of a request in the call's ABI.
func (d *Decoder) ioctlText(cmd uint64) string {
	if d.c.ABI == syscalls.I386 {
		if text, ok := narrowNames()[cmd]; ok {
			return text
		}
	}
	return ioctlNames()[cmd]
}
