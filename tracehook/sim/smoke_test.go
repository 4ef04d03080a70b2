package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/utrace/utrace/tracehook"
)

type recorder struct {
	t    *testing.T
	all  []string
	loop tracehook.Loop
	want tracehook.Interest
	err  error
}

func (r *recorder) Handle(e *tracehook.Event) {
	r.all = append(r.all, fmt.Sprintf("%d:%v:%d:%d", e.Task.ID(), e.Kind, e.Syscall.Nr, e.Signal))
	if e.Kind == tracehook.Clone && e.Child != nil {
		e.Child.SetInterest(r.want)
		if err := e.Child.Resume(tracehook.Run, 0); err != nil {
			r.t.Error(err)
		}
	}
	if e.Kind.Stops() {
		mode := tracehook.Run
		if e.Kind == tracehook.GroupStop {
			mode = tracehook.Listen
		}
		e.Task.Resume(mode, e.Signal)
	}
}

func TestSmoke(t *testing.T) {
	w := New(1)
	pid, err := w.Spawn(`getppid*2; handle USR1 print; kill USR1; fork { exit 3 }; wait print; thread { getpid }; join; await pause`)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{t: t, want: 0x1f &^ tracehook.WantFiltered}
	l, _ := w.NewLoop(r)
	k, err := l.Attach(pid, r.want)
	if err != nil {
		t.Fatal(err)
	}
	k.Interrupt()
	w.RunUntilIdle()
	w.Kill(pid, 15)
	w.RunUntilIdle()
	t.Log(r.all)
	t.Logf("%q", w.Output(pid))
	t.Log(w.Wait(pid))
	t.Log(w.CheckReleased())
	l.Close()
}

func TestRandomSmoke(t *testing.T) {
	start := time.Now()
	var events, steps, threads uint64
	for seed := range uint64(2000) {
		w := Random(seed)
		r := &recorder{t: t, want: 0x1f &^ tracehook.WantFiltered}
		l, _ := w.NewLoop(r)
		for _, id := range w.All() {
			if k, err := l.Attach(id, r.want); err != nil {
				t.Fatal(err)
			} else {
				k.Interrupt()
			}
		}
		if !w.RunUntil(100000, func() bool { return len(w.threads) == 0 }) {
			t.Fatalf("seed %d: %v\n%v\nleft %v %c\n%v", seed, w.Scripts(), r.all[max(0, len(r.all)-20):], w.All(), w.State(w.All()[0]), w.CheckReleased())
		}
		events += uint64(w.ledger.Events)
		steps += w.steps
		threads += uint64(w.ledger.Threads)
		w.RunUntilIdle()
		if len(l.(*Loop).tasks) > 0 {
			t.Fatalf("seed %d: tasks left", seed)
		}
		l.Close()
	}
	t.Log(time.Since(start), events, steps, threads)
}
