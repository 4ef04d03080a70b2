package hold

import (
	"testing"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/procfs"
)

// What crashes while Detach waits for an earlier crash is not held any more: nobody
// would let it go.
func TestCrashDuringDetach(t *testing.T) {
	core := hosttest.Open(t)
	p := actor.Start(t, "barrier ready; fork { barrier second; segv }; segv")
	p.Expect("@ready")
	crashes, goOn := make(chan *Crash, 2), make(chan struct{})
	h, err := Attach(t.Context(), core, p.PID, utrace.Tree, Options{OnCrash: func(c *Crash) {
		crashes <- c
		<-goOn
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.Release()
	p.Expect("@second")
	first := <-crashes
	children, err := procfs.Children(p.PID)
	if err != nil || len(children) != 1 {
		t.Fatalf("children %v, %v", children, err)
	}
	detached := make(chan struct{})
	go func() {
		defer close(detached)
		h.Detach()
	}()
	<-first.let // so Detach has been through all crashes
	p.Release()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if stat, err := procfs.ReadStat(children[0]); err != nil || stat.State == 'Z' {
			break
		}
		if time.Now().After(deadline) {
			t.Error("the second process is held")
			(<-crashes).Release()
			break
		}
	}
	close(goOn)
	<-detached
}
