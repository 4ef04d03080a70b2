/* Sets the debug registers of a child to anything, and says what came of it: the
   same under every ptrace. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned char bytes[64] __attribute__((aligned(64)));
static pid_t child;
static unsigned seed;

static unsigned next(void) { return (seed = seed * 1664525 + 1013904223) >> 8; }

__attribute__((noinline)) static void called(void) { __asm__ volatile (""); }

static void body(void)
{
	for (int i = 0; i < 16; i++) {
		*(volatile long *)&bytes[i & 8] = i;
		bytes[20 + i % 4] += i;
		called();
		*(volatile short *)&bytes[32] = i;
		getppid();
	}
}

#define OFFSET(i) (offsetof(struct user, u_debugreg) + (i) * sizeof(long))

static const char *name(int e) { return e == EINVAL ? "EINVAL" : e == EIO ? "EIO" : e == ENOSPC ? "ENOSPC" : e ? "other" : "ok"; }

static unsigned long peek(int i)
{
	errno = 0;
	return ptrace(PTRACE_PEEKUSER, child, OFFSET(i), 0);
}

/* Addresses differ from run to run. */
static void show(int i)
{
	unsigned long v = peek(i);
	if (v - (unsigned long)bytes < 64)
		printf(" b+%lu", v - (unsigned long)bytes);
	else if (v == (unsigned long)called)
		printf(" called");
	else
		printf(" %lx", v);
}

static void poke(int i, unsigned long v)
{
	int e = ptrace(PTRACE_POKEUSER, child, OFFSET(i), v) ? errno : 0;
	printf("dr%d %s:", i, name(e));
	for (int j = 0; j < 8; j++)
		show(j);
	puts("");
}

static unsigned long address(void)
{
	static const long far[] = {0, 1, 0x7fffffffefff, 0x7fffffffeff8, 0x7ffffffff000, -8, -1, 0x800000000000};
	switch (next() % 8) {
	case 0:
		return far[next() % 8];
	case 1:
		return (unsigned long)called;
	default:
		return (unsigned long)bytes + (next() % 40 & (next() % 3 ? ~7u : ~0u));
	}
}

static unsigned long control(void)
{
	unsigned long v = 0;
	for (int i = 0; i < 4; i++) {
		static const int kinds[] = {1, 1, 1, 3, 3, 0, 2};
		v |= (unsigned long)(next() % 3) << (2 * i);
		v |= (unsigned long)(kinds[next() % 7] | (next() % 2 ? 0 : next() % 4) << 2) << (16 + 4 * i);
	}
	if (next() % 5 == 0)
		v |= 0x2700; /* LE, GE and a reserved bit or two */
	if (next() % 9 == 0)
		v |= 1ul << 40;
	return v;
}

int main(int argc, char **argv)
{
	seed = atoi(argv[1]);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	child = fork();
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		for (;;) {
			raise(SIGSTOP);
			body();
		}
	}
	int status, steps = 0;
	waitpid(child, &status, 0);
	for (int i = 0; i < 400; i++) {
		int what = next() % 12;
		if (what < 6)
			poke(next() % 4, address());
		else if (what < 9)
			poke(7, control());
		else if (what == 9)
			poke(4 + next() % 3, next());
		else {
			/* Steps end where the library is, which is none of ours. */
			ptrace(PTRACE_CONT, child, 0, 0);
			waitpid(child, &status, 0);
			siginfo_t info = {0};
			ptrace(PTRACE_GETSIGINFO, child, 0, &info);
			printf("status %x code %d dr6", status, info.si_code);
			show(6);
			puts("");
			if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP && next() % 2) {
				ptrace(PTRACE_SINGLESTEP, child, 0, 0);
				waitpid(child, &status, 0);
				ptrace(PTRACE_GETSIGINFO, child, 0, &info);
				printf("step %x code %d dr6", status, info.si_code);
				show(6);
				puts("");
				steps++;
			}
			if (next() % 3 == 0)
				poke(6, 0);
		}
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	printf("%d steps, ended %x\n", steps, status);
	return 0;
}
