package actor

// Op is what an instruction does.
type Op uint8

// The operations. The C program has the same list, by name.
const (
	Getppid Op = iota + 1
	Getpid
	Gettid
	Yield
	Write
	Result
	Pause
	Sleep
	Spin
	Read
	Await
	Fork
	Vfork
	Clone3
	Thread
	Join
	Exec
	Exec32
	Exec64
	Wait
	Status
	Handle
	Ignore
	Default
	Block
	Unblock
	Handled
	Kill
	Tkill
	KillParent
	Sigqueue
	Segv
	Int3
	Exit
	ExitThread
	Repeat
	End
)

// shape says what follows the name of a statement: n a number, N an optional
// one, s a signal, t a quoted text, w a word, f flag words, { a block.
type statement struct {
	name  string
	op    Op
	shape string
}

var statements = []statement{
	{"getppid", Getppid, ""}, {"getpid", Getpid, ""}, {"gettid", Gettid, ""}, {"yield", Yield, ""},
	{"write", Write, "nt"}, {"result", Result, "w"}, {"pause", Pause, ""}, {"sleep", Sleep, "n"},
	{"spin", Spin, "N"}, {"read", Read, ""}, {"await", Await, "w"},
	{"fork", Fork, "{"}, {"vfork", Vfork, "{"}, {"clone3", Clone3, "{"}, {"thread", Thread, "{"},
	{"join", Join, ""}, {"exec", Exec, "{"}, {"exec32", Exec32, "{"}, {"exec64", Exec64, "{"},
	{"wait", Wait, "f"}, {"status", Status, ""}, {"handle", Handle, "sf"}, {"ignore", Ignore, "s"},
	{"default", Default, "s"}, {"block", Block, "s"}, {"unblock", Unblock, "s"}, {"handled", Handled, "s"},
	{"kill", Kill, "s"}, {"tkill", Tkill, "s"}, {"killparent", KillParent, "s"}, {"sigqueue", Sigqueue, "sn"},
	{"segv", Segv, ""}, {"int3", Int3, ""}, {"exit", Exit, "n"}, {"exitthread", ExitThread, "n"},
	{"repeat", Repeat, "n{"}, {"end", End, ""},
}

// sugar is a statement that is written in others. %s is its operand.
var sugar = map[string]struct{ shape, expansion string }{
	"print":     {"t", "write 1 %s"},
	"barrier":   {"w", `write 1 "@%s\n"; read`},
	"readblock": {"", "await read_pipe"},
	"stop":      {"", "kill STOP"},
}

// Flags of Handle (FlagRestart, FlagPrint) and of Wait (FlagPrint, FlagUntraced).
const (
	FlagRestart  = 1
	FlagPrint    = 2
	FlagUntraced = 4
)

var flags = map[string]int64{"restart": FlagRestart, "print": FlagPrint, "untraced": FlagUntraced}

// String returns the name of the operation, as in a script.
func (o Op) String() string {
	for i := range statements {
		if statements[i].op == o {
			return statements[i].name
		}
	}
	return "unknown-op"
}

// How a blocking call ends when a signal, or a tracer, interrupts it.
type Restart uint8

// The classes of interrupted calls, after the kernel's internal error numbers
// (signal(7), "Interruption of system calls"; include/linux/errno.h).
const (
	// RestartSys: restarted, unless a handler without SA_RESTART ran.
	RestartSys Restart = iota
	// RestartNoHand: restarted, unless a handler ran.
	RestartNoHand
	// RestartBlock: as RestartNoHand, as restart_syscall(2).
	RestartBlock
	// RestartNever: EINTR, even if a tracer was the only cause.
	RestartNever
)

// Call is a system call that blocks until a signal comes.
type Call struct {
	Name string
	// Nr is the number of the call on x86_64.
	Nr uint64
	// Restart is its class, as measured on Linux 6.18.
	Restart Restart
}

// Calls are the operands of await.
var Calls = []Call{
	{"epoll_wait", 232, RestartNever},
	{"epoll_pwait", 281, RestartNever},
	{"epoll_pwait2", 441, RestartNever},
	{"recv_timeout", 45, RestartNever},
	{"semop", 65, RestartNever},
	{"semtimedop", 220, RestartNever},
	{"sigtimedwait", 128, RestartNever},
	{"sigwaitinfo", 128, RestartNever},
	{"io_getevents", 208, RestartNever},
	{"nanosleep", 35, RestartBlock},
	{"clock_nanosleep", 230, RestartBlock},
	{"pause", 34, RestartNoHand},
	{"read_pipe", 0, RestartSys},
	{"read_inotify", 0, RestartSys},
	{"read_eventfd", 0, RestartSys},
	{"read_timerfd", 0, RestartSys},
	{"read_signalfd", 0, RestartSys},
	{"poll", 7, RestartBlock},
	{"ppoll", 271, RestartNoHand},
	{"select", 23, RestartNoHand},
	{"pselect6", 270, RestartNoHand},
	{"futex", 202, RestartSys},
	{"futex_timeout", 202, RestartBlock},
	{"recv", 45, RestartSys},
	{"recvmmsg", 299, RestartSys},
	{"accept", 43, RestartSys},
	{"msgrcv", 70, RestartNoHand},
	{"sigsuspend", 130, RestartNoHand},
	{"wait4", 61, RestartSys},
	{"waitid", 247, RestartSys},
	{"flock", 73, RestartSys},
	{"setlkw", 72, RestartSys},
	{"mq_receive", 243, RestartSys},
	{"open_fifo", 2, RestartSys},
	{"splice", 275, RestartSys},
}
