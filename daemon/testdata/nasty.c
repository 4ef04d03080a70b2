/* nasty.c NAME: what a hostile or broken tracer may do to who serves it. Each prints
 * "done" when it has come to its end. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/ptrace.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static long pt(long request, long pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

static pid_t tracee(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pt(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	if (pid < 0)
		abort();
	waitpid(pid, 0, __WALL);
	return pid;
}

/* It never waits for what it traces, and ends. */
static void never_waits(void)
{
	static pid_t pids[200];
	for (int i = 0; i < 200; i++)
		if ((pids[i] = fork()) == 0) {
			pt(PTRACE_TRACEME, 0, 0, 0);
			raise(SIGSTOP);
			pause();
		}
	for (int i = 0; i < 200; i++)
		if (pids[i] > 0) /* -1 would be everybody */
			kill(pids[i], SIGKILL);
}

/* Forks of a tracee, each traced from its birth, and killed at once. */
static void forks(void)
{
	int st;
	pid_t got, pid = fork();
	if (pid == 0) {
		pt(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (int i = 0; i < 500; i++)
			if (fork() == 0)
				_exit(0);
		_exit(7);
	}
	waitpid(pid, &st, __WALL);
	pt(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK);
	pt(PTRACE_CONT, pid, 0, 0);
	while ((got = waitpid(-1, &st, __WALL)) > 0) {
		if (got != pid && WIFSTOPPED(st))
			kill(got, SIGKILL);
		else if (WIFSTOPPED(st))
			pt(PTRACE_CONT, got, 0, 0);
		else if (got == pid && WEXITSTATUS(st) != 7)
			abort();
	}
}

/* Every request, with every kind of bad address. */
static void garbage(void)
{
	static char page[4096] __attribute__((aligned(4096)));
	char *edge = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(edge + 4096, 4096);
	unsigned long bad[] = { 0, 1, 8, -1UL, -8UL, 1UL << 63, 1UL << 47, (1UL << 47) - 8, (unsigned long)edge + 4092, (unsigned long)page + 1 };
	enum { n = sizeof bad / sizeof *bad };
	pid_t pid = tracee();
	for (long request = 1; request < 0x4220; request == 40 ? request = 0x4200 : request++)
		for (int i = 0; i < n; i++)
			for (int j = 0; j < n; j++) {
				switch (request) {
				case PTRACE_CONT: case PTRACE_KILL: case PTRACE_SINGLESTEP: case PTRACE_DETACH: case PTRACE_SYSCALL:
				case 31: case 32: case 33: case PTRACE_LISTEN: case PTRACE_ATTACH: case PTRACE_SEIZE:
					continue;
				}
				pt(request, pid, bad[i], bad[j]);
			}
	kill(pid, SIGKILL);
	waitpid(pid, 0, __WALL);
}

/* Lengths and counts without sense. */
static void absurd(void)
{
	pid_t pid = tracee();
	unsigned long lengths[] = { 0, 1, 7, 1UL << 20, 1UL << 31, 1UL << 32, 1UL << 62, -1UL, -8UL };
	char *b = mmap(0, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct iovec v = { b, lengths[i] };
		pt(PTRACE_GETREGSET, pid, 1, (unsigned long)&v);
		v.iov_len = lengths[i];
		pt(PTRACE_GETREGSET, pid, 0x202, (unsigned long)&v);
		v.iov_len = lengths[i];
		pt(PTRACE_SETREGSET, pid, 0x202, (unsigned long)&v);
		pt(PTRACE_GET_SYSCALL_INFO, pid, lengths[i], (unsigned long)b);
		pt(0x4212, pid, lengths[i], (unsigned long)b);
		pt(PTRACE_GETSIGMASK, pid, lengths[i], (unsigned long)b);
		pt(PTRACE_SECCOMP_GET_FILTER, pid, lengths[i], (unsigned long)b);
		pt(PTRACE_SECCOMP_GET_METADATA, pid, lengths[i], (unsigned long)b);
		struct { uint64_t off; uint32_t flags; int32_t nr; } peek = { lengths[i], 1, INT32_MAX };
		pt(PTRACE_PEEKSIGINFO, pid, (unsigned long)&peek, (unsigned long)b);
	}
	for (int i = 0; i < 500; i++)
		sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = i });
	struct { uint64_t off; uint32_t flags; int32_t nr; } all = { 0, 1, INT32_MAX };
	long n = pt(PTRACE_PEEKSIGINFO, pid, (unsigned long)&all, (unsigned long)b);
	if (n != 500) /* 500 of 128 bytes fit into what is mapped */
		printf("%ld of 500 signals\n", n);
	kill(pid, SIGKILL);
	waitpid(pid, 0, __WALL);
}

/* Options that change all the time, of a tracee that runs into them. */
static void options(void)
{
	pid_t pid = tracee();
	for (int i = 0; i < 20000; i++)
		pt(PTRACE_SETOPTIONS, pid, 0, i & 0xff);
	kill(pid, SIGKILL);
	waitpid(pid, 0, __WALL);
}

/* Threads that trace what other threads have made, all at once, and an exec of the
 * process in the midst of it. */
static pid_t shared[16];
static void *meddles(void *p)
{
	for (int i = 0; i < 300; i++) {
		pid_t pid = shared[(i + (long)p) % 16];
		pt(PTRACE_SEIZE, pid, 0, 0);
		pt(PTRACE_INTERRUPT, pid, 0, 0);
		waitpid(pid, 0, __WALL | WNOHANG);
		pt(PTRACE_DETACH, pid, 0, 0);
	}
	return 0;
}
static void siblings(void)
{
	pthread_t t[8];
	for (int i = 0; i < 16; i++)
		if ((shared[i] = fork()) == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	for (long i = 0; i < 8; i++)
		pthread_create(&t[i], 0, meddles, (void *)i);
	usleep(20000);
	execl("/bin/echo", "echo", "done", (char *)0);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } all[] = {
		{"never-waits", never_waits}, {"forks", forks}, {"garbage", garbage}, {"absurd", absurd},
		{"options", options}, {"siblings", siblings}, {0},
	};
	for (int i = 0; argc > 1 && all[i].name; i++)
		if (!strcmp(all[i].name, argv[1])) {
			all[i].run();
			puts("done");
			return 0;
		}
	return 2;
}
