// Package sim is a kernel in memory: processes and threads, signals, job
// control, clone, exec and death, under the contract of package tracehook.
//
// It exists to test what stands on tracehook, fast and repeatably. Everything
// that happens, happens in steps: one instruction of one thread, one stage of
// its way through the kernel, one report to a handler. Which step comes next
// is drawn from a seed, so a seed is an interleaving: thousands of them take a
// second, and one that fails fails again.
//
//	w := sim.New(seed)
//	pid, err := w.Spawn(`getppid; kill USR1`)
//	loop, err := w.NewLoop(handler)
//	task, err := loop.Attach(pid, tracehook.WantSyscalls)
//	w.RunUntilIdle()
//
// A World is also what utrace.New takes, so that engines can be tested on it: the
// examples of package utrace run so.
//
// The world stands still unless somebody drives it. There are two ways:
//
//   - By hand: a test calls [World.Step], [World.RunUntil] or
//     [World.RunUntilIdle], and every handler, posted function and timer runs
//     inside them, on the test's goroutine. Time is virtual: a step takes a
//     microsecond, and sleeping until the next timer takes nothing. NewLoop
//     and the methods that step make the calling goroutine the one for which
//     OnLoop is true; it stays locked to its thread until the loop is closed.
//   - Live: [Loop.Run] drives the world from a goroutine of its own, several
//     loops take turns, and time is real. The order then depends on the Go
//     scheduler too.
//
// [World.NewObserver] makes observers, which keep a bounded number of events
// and lose the others. By hand, handing out one event is a step like any other,
// so that the seed decides how far an observer lags behind; in a live world
// [Observer.Run] does it on a goroutine of its own, beside the loop that drives.
//
// Programs are scripts of package actor (internal/actor). The machine that
// runs them is a small one: an instruction set of eight instructions with the
// encodings of x86_64, registers in that ABI's layout, and text, stack and
// data in memory that can be read and patched. An int3 planted in it traps.
//
// The kernel is modelled after Linux's kernel/signal.c, kernel/ptrace.c,
// kernel/exit.c and fs/exec.c, and keeps their peculiarities as far as they
// show through the contract: a zombie leader, a thread that exec renames, an
// exit that cannot be killed while it is held.
package sim
