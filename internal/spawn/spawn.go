// Package spawn has system calls made where no Go code can run: by the child of a
// fork, which has one thread of many and none of the runtime's helpers, by a process
// that shares our memory and has no stack, and before the runtime has started.
//
// What is to be done is prepared as a list of calls. A few lines of assembly make one
// after the other; they are all that an architecture needs.
package spawn

// An architecture without this has no spawn_ARCH.s and no clone_ARCH.go yet: see
// docs/porting.md.
const _ = utrace_has_no_calls_without_a_runtime_for_this_architecture_yet

// Call is one system call.
type Call struct {
	NR   uintptr
	Args [5]uintptr
	// Check says with which results it fails, if it is of [Program.First].
	Check Check
	// Back is how many bytes of calls are to be made again after this one, itself
	// included; 0 goes on to the next.
	Back uintptr
}

// Check is a range of results: Many of them, from First on.
type Check struct{ First, Many uintptr }

// maxErrno is the kernel's MAX_ERRNO: results from its negative on are errors.
const maxErrno = 4095

// The zero Check finds no failure in any result.
var (
	Errors    = Check{^uintptr(maxErrno - 1), maxErrno}
	ErrorsOr0 = Check{^uintptr(maxErrno - 1), maxErrno + 1}
)

// AllBut is for calls that have to have this result.
func AllBut(result uintptr) Check { return Check{result + 1, ^uintptr(0)} }

// Program is what [Start] makes the parent and the child do. What it points to must
// stay where it is until Start returns, and if the child shares the memory, as long as
// that lives.
type Program struct {
	Block   Call // in the parent: no signal handler may run in the child
	Clone   Call
	Unblock Call // in the parent

	// In the child: the calls from First on, the last of which does not return unless
	// it fails. After a failure: Fail, then Exit.
	First   *Call
	Failure Failure
	Fail    Call
	Exit    Call
}

// Failure tells of the first call that failed.
type Failure struct {
	At     uintptr // the address of the Call
	Result uintptr // as the kernel gives it
}

// Start makes the calls Block, Clone, and in the parent Unblock. It returns Clone's
// result as the kernel gives it: a process ID or a negated error number. While the
// memory map is being copied the garbage collector cannot stop this thread.
//
// The child uses no stack, so that it may share its parent's memory.
//
//go:noescape
func Start(p *Program) uintptr

// Make makes a call at once, and returns its result as the kernel gives it. It works
// without a runtime.
//
//go:noescape
func Make(c *Call) uintptr
