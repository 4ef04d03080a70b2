package linux_test

import (
	"fmt"
	"os/exec"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/linux"
)

// looker lets every thread go at its first stop.
type looker struct{ loop tracehook.Loop }

func (l *looker) Handle(ev *tracehook.Event) {
	fmt.Println("stopped for", ev.Kind)
	ev.Task.Detach(ev.Signal)
	l.loop.Close()
}

// A program that stops a running process, has a look at it, and leaves it as it
// was.
func Example() {
	cmd := exec.Command("cat")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer cmd.Wait()
	defer in.Close() // cat ends
	fmt.Fprintln(in, "hello")
	out.Read(make([]byte, 6)) // it is running

	h := new(looker)
	loop, err := linux.New().NewLoop(h)
	if err != nil {
		fmt.Println(err)
		return
	}
	h.loop = loop
	loop.Post(func() {
		task, err := loop.Attach(cmd.Process.Pid, 0)
		if err != nil {
			fmt.Println(err)
			loop.Close()
			return
		}
		task.Interrupt()
	})
	if err := loop.Run(); err != nil {
		fmt.Println(err)
	}
	// Output: stopped for quiesce
}
