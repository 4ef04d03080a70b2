// A debugger of few words: a breakpoint at an address in a process, again and
// again stepped over. It ends when the process does, or is its tracee no more.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pid;

static void must(int ok)
{
	if (!ok)
		exit(errno == ESRCH || errno == ECHILD ? 0 : 1);
}

static int stop(void)
{
	int status;

	must(waitpid(pid, &status, __WALL) == pid);
	if (!WIFSTOPPED(status))
		exit(0);
	return status >> 8;
}

int main(int argc, char **argv)
{
	struct user_regs_struct regs;
	unsigned long addr, text;
	long signal = 0;

	pid = atoi(argv[1]);
	addr = strtoul(argv[2], 0, 10);
	must(argc == 3 && !ptrace(PTRACE_SEIZE, pid, 0, 0) && !ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	stop();
	errno = 0;
	text = ptrace(PTRACE_PEEKTEXT, pid, addr, 0);
	must(!errno && !ptrace(PTRACE_POKETEXT, pid, addr, (text & ~0xffUL) | 0xcc));
	printf("armed\n");
	fflush(stdout);
	for (;;) {
		must(!ptrace(PTRACE_CONT, pid, 0, signal));
		signal = stop();
		if (signal != SIGTRAP) {
			signal = signal >> 8 ? 0 : signal;
			continue;
		}
		signal = 0;
		must(!ptrace(PTRACE_GETREGS, pid, 0, &regs));
		if (regs.rip != addr + 1)
			continue;
		regs.rip = addr;
		must(!ptrace(PTRACE_SETREGS, pid, 0, &regs));
		must(!ptrace(PTRACE_POKETEXT, pid, addr, text));
		must(!ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
		stop();
		must(!ptrace(PTRACE_POKETEXT, pid, addr, (text & ~0xffUL) | 0xcc));
	}
}
