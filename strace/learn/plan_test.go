package learn

import (
	"fmt"
	"testing"
	"time"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
	"github.com/utrace/utrace/tracehook/bpf"
)

func TestDump(t *testing.T) {
	t1 := time.Now()
	defer func() { fmt.Println("all", time.Since(t1)) }()
	f := Plan(decode.Options{}, func(*syscalls.ABI, uint64) bool { return true })
	t0 := time.Now()
	for abi := bpf.Native; abi <= bpf.X32; abi++ {
		for nr := range 512 {
			tx := time.Now()
			c := f(abi, nr)
			if d := time.Since(tx); d > time.Millisecond {
				fmt.Println("slow", abi, nr, d)
			}
			if abi == bpf.Native {
				if x, ok := syscalls.X86_64.Lookup(uint64(nr)); ok {
					fmt.Println(x.Name, len(c.Entry), len(c.Exit), "in", c.Entry, "out", c.Exit)
				}
			}
		}
	}
	fmt.Println(time.Since(t0))
}
