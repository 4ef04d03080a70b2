package decode

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed ioctls.txt
var ioctlText string

// ioctlNames returns the names of requests by number. Headers of different
// drivers give some numbers twice: "SNDCTL_TMR_START or TCSETS".
var ioctlNames = sync.OnceValue(func() map[uint64]string {
	m := make(map[uint64]string, 2048)
	for line := range strings.Lines(ioctlText) {
		number, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseUint(number, 0, 32); err == nil {
			m[v] = text
		}
	}
	return m
})
