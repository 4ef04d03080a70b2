package breakpoint_test

import (
	"context"
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/tracehook/sim"
)

// Two owners at one address of a simulated program, whose second statement is
// at 0x400010. On the real kernel, where the core comes from host.Open, nothing
// has to be held: Set stops a thread by itself.
func Example() {
	ctx := context.Background()
	world := sim.New(1)
	core, err := utrace.New(world, utrace.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer core.Close()
	pid, err := world.Spawn(`repeat 4 { getppid }`)
	if err != nil {
		fmt.Println(err)
		return
	}
	holder, err := core.Attach(ctx, pid, &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}})
	if err != nil {
		fmt.Println(err)
		return
	}
	holder.Control(ctx, utrace.Stop)
	world.RunUntilIdle()

	printer, err := breakpoint.Open(ctx, core, pid, utrace.Process)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = printer.Set(ctx, breakpoint.Spec{
		Addr:   0x400010,
		Ignore: 2,
		Hit: func(r *utrace.Report, b *breakpoint.Breakpoint) utrace.Action {
			fmt.Printf("hit %d at %#x\n", b.Hits(), b.Addr())
			return utrace.Resume
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	counter, err := breakpoint.Open(ctx, core, pid, utrace.Process)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := counter.Set(ctx, breakpoint.Spec{Addr: 0x400010})
	if err != nil {
		fmt.Println(err)
		return
	}

	holder.Detach()
	world.RunUntilIdle()
	fmt.Println("counted", b.Hits())
	// Output:
	// hit 3 at 0x400010
	// hit 4 at 0x400010
	// counted 4
}
