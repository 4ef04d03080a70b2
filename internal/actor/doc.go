// Package actor has the programs that tests trace: a script language which
// says what a process does, and the process itself.
//
// A script is compiled to a flat list of instructions ([Program]). The
// simulated kernel executes the list by itself; on a real kernel a small C
// program without libc executes it ([Command]), so that its system calls are
// those that the script names and nothing else. One script therefore behaves
// alike on both, which is what lets one test suite judge both.
//
// # The language
//
// Statements are separated by new lines or semicolons; # begins a comment.
// Signals are written by name without SIG, or as RTMIN+n, or as a number.
// OP*N repeats one statement N times.
//
//	getppid  getpid  gettid  yield      one such system call
//	write FD "text"    print "text"     write(2), to standard output
//	result LABEL                        print "LABEL: N" or "LABEL: EINTR", of the last call
//	barrier NAME                        print "@NAME", then wait for a byte on standard input
//	pause    sleep MS    spin [N]       wait; spin runs in user mode, for ever without N
//	await CALL                          block in one of the calls of [Calls] and print its result
//	readblock                           block in reading a pipe that nobody writes
//	fork {}  vfork {}  clone3 {}        a child that runs the block and then exits with 0
//	thread {}                           a thread that runs the block and then ends
//	join                                wait, in the first thread, until all others have ended
//	exec {}  exec32 {}  exec64 {}       become a program that runs the block
//	wait [print] [untraced]             wait4(2) for any child; print says what became of it
//	handle SIG [restart] [print]        count the signal; with SA_RESTART; and say "got SIG VALUE"
//	ignore SIG    default SIG           sigaction(2)
//	block SIG     unblock SIG           sigprocmask(2)
//	handled SIG                         print "SIG: N", how often the handler ran
//	kill SIG  tkill SIG  killparent SIG signal the own process, the own thread, the parent
//	sigqueue SIG VALUE                  sigqueue(3) to the own process
//	stop                                kill STOP
//	segv     int3                       a bad store; a breakpoint instruction
//	exit N   exitthread N               exit_group(2), exit(2)
//	repeat N {}                         the block N times
//
// A script that comes to its end exits with 0. The handler of SEGV repairs the
// address, so that a handled segv goes on; that of TRAP passes int3 where the
// program counter stays at it.
//
// On the real kernel, kill and tkill ask for the ids first (getpid, gettid),
// and some calls of await are set up by other calls, or by a child.
package actor
