// Package hooktest checks that a back end keeps the contracts of package
// tracehook. A back end's own test hands it a [World] and runs [TestKernel] or
// [TestObserver]; each numbered clause of the contract has its subtests.
package hooktest

import (
	"testing"

	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/tracehook"
)

// World is a machine with a back end, and a way to run programs on it.
type World interface {
	// Kernel is the back end under test.
	Kernel() tracehook.Kernel
	// Spawn starts a script of internal/actor. The test ends it.
	Spawn(tb testing.TB, script string) Process
	// Number is the number of a system call of its programs, and Calls are the
	// calls in which they can be made to block.
	Number(call string) uint64
	Calls() []actor.Call
}

// Process is a program under test. Its methods fail the test when something
// that they wait for does not come.
type Process interface {
	// PID is the process that runs the script.
	PID() int
	// Expect waits until the output contains text.
	Expect(text string)
	// Output is what the process has written so far.
	Output() string
	// Release lets the process pass one barrier.
	Release()
	// AwaitSleep waits until a thread of the process sleeps in a system call.
	AwaitSleep(tid int)
	// Kill sends a signal to the process, Tkill to one of its threads.
	Kill(signal int)
	Tkill(tid, signal int)
	// Wait waits for the end and returns the wait status that the parent got.
	Wait() int
	// Parent waits until the parent has heard of n changes (stops, continues,
	// the end), and returns their wait statuses; not every world can tell of
	// more than the end, so it may return nil.
	Parent(n int) []int
}

// TestKernel checks the contract of Kernel, Loop and Task.
func TestKernel(t *testing.T, w World) {
	for _, c := range clauses {
		t.Run(c.name, func(t *testing.T) { c.check(t, w) })
	}
}

// clauses are the tests, named after the number of the clause in the
// documentation of tracehook and what it promises.
var clauses = []struct {
	name  string
	check func(*testing.T, World)
}{
	{"1/attaching is invisible", attachInvisible},
	{"1/one owner", oneOwner},
	{"2/stopped until answered", stoppedUntilAnswered},
	{"2/events in order", eventsInOrder},
	{"2/detach answers", detachAnswers},
	{"3/SIGKILL wins", killWins},
	{"4/newborn is stopped", newbornStopped},
	{"4/newborn is not followed", newbornNotFollowed},
	{"4/newborn is killed", newbornKilled},
	{"4/vfork", vfork},
	{"5/exec", execLeader},
	{"5/exec by another thread", execOther},
	{"6/one death and one reap", oneEnd},
	{"6/zombie leader", zombieLeader},
	{"6/nothing after detach", nothingAfterDetach},
	{"7/interrupt a running thread", interruptRunning},
	{"7/interrupts do not add up", interruptsCoalesce},
	{"7/interrupt a stopped thread", interruptStopped},
	{"7/no call is broken", interruptCalls},
	{"7/no reported call is broken", interruptReportedCalls},
	{"8/deliver, drop, replace", signalChoices},
	{"8/blocked and ignored", signalBlocked},
	{"8/siginfo", signalInfo},
	{"8/injection", signalInject},
	{"8/traps", traps},
	{"9/group-stop", groupStop},
	{"9/group-stop of threads", groupStopThreads},
	{"9/listen elsewhere", listenElsewhere},
	{"9/run out of a group-stop", groupStopRun},
	{"10/interest", interest},
	{"11/errors", requestErrors},
	{"12/post", post},
	{"12/post and close", postClose},
	{"13/after", after},
	{"13/watch", watchDescriptor},
	{"state/memory and registers", memoryAndRegisters},
	{"state/system calls", editSyscalls},
}
