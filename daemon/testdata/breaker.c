// A debugger of few words: a breakpoint at an address in a process, again and
// again stepped over. It ends when the process does, or is its tracee no more.
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

// The breakpoint instruction, its bits in a word, and how far behind it the
// program counter is.
#if defined __aarch64__
enum { BEHIND = 0 };
#define MASK 0xffffffffUL
#define BREAK 0xd4200000UL
typedef struct user_regs_struct registers;
#define PC(r) (r).pc
#elif defined __powerpc64__
enum { BEHIND = 0 };
#define MASK 0xffffffffUL
#define BREAK 0x7fe00008UL
typedef unsigned long registers[48];
#define PC(r) (r)[32]
#else
enum { BEHIND = 1 };
#define MASK 0xffUL
#define BREAK 0xccUL
typedef struct user_regs_struct registers;
#define PC(r) (r).rip
#endif

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
	registers regs;
	struct iovec set = {&regs, sizeof regs};
	unsigned long addr, text;
	long signal = 0;

	pid = atoi(argv[1]);
	addr = strtoul(argv[2], 0, 10);
	must(argc == 3 && !ptrace(PTRACE_SEIZE, pid, 0, 0) && !ptrace(PTRACE_INTERRUPT, pid, 0, 0));
	stop();
	errno = 0;
	text = ptrace(PTRACE_PEEKTEXT, pid, addr, 0);
	must(!errno && !ptrace(PTRACE_POKETEXT, pid, addr, (text & ~MASK) | BREAK));
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
		must(!ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &set));
		if (PC(regs) != addr + BEHIND)
			continue;
		PC(regs) = addr;
		must(!ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &set));
		must(!ptrace(PTRACE_POKETEXT, pid, addr, text));
		must(!ptrace(PTRACE_SINGLESTEP, pid, 0, 0));
		stop();
		must(!ptrace(PTRACE_POKETEXT, pid, addr, (text & ~MASK) | BREAK));
	}
}
