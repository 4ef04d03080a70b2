package launch

import (
	"context"
	"os/exec"
	"runtime"
	"testing"
)

// A fork copies page tables, so its time grows with this process; os/exec
// borrows the whole memory until the exec (CLONE_VM with CLONE_VFORK), which
// would suspend the caller for as long as the child is held.
func BenchmarkStart(b *testing.B) {
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	launch := func() error {
		p, err := Start(&Command{Path: "/bin/true"})
		if err != nil {
			return err
		}
		if err := p.Release(); err != nil {
			return err
		}
		_, err = p.Wait(context.Background())
		return err
	}
	osexec := func() error { return exec.Command("/bin/true").Run() }

	run("launch", launch)
	run("os-exec", osexec)
	heap := make([]byte, 1<<30)
	for i := 0; i < len(heap); i += 4096 {
		heap[i] = 1
	}
	run("launch/1GiB", launch)
	run("os-exec/1GiB", osexec)
	runtime.KeepAlive(heap)
}
