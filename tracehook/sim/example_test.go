package sim_test

import (
	"fmt"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/sim"
)

// printer resumes every thread at once and says why it had stopped.
type printer struct{}

func (printer) Handle(e *tracehook.Event) {
	fmt.Println(e.Kind)
	if e.Kind.Stops() {
		e.Task.Resume(tracehook.Run, e.Signal)
	}
}

// A world driven by hand: the same seed gives the same output every time.
func Example() {
	w := sim.New(1)
	pid, err := w.Spawn(`handle USR1 print; kill USR1; exit 3`)
	if err != nil {
		fmt.Println(err)
		return
	}
	loop, err := w.NewLoop(printer{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer loop.Close()
	if _, err := loop.Attach(pid, tracehook.WantExit); err != nil {
		fmt.Println(err)
		return
	}
	w.RunUntilIdle()
	status, _ := w.Wait(pid)
	fmt.Printf("%q, status %#x\n", w.Output(pid), status)
	// Output:
	// signal
	// exit
	// death
	// reap
	// "got USR1 0\n", status 0x300
}
