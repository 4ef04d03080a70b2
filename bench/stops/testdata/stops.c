/*
 * A tracer that makes the calls which strace makes at each stop: it waits, asks
 * whether there is more, asks what the system call is, and resumes.
 *
 *	stops COUNT	prints the nanoseconds of a stop
 */
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long pt(long request, pid_t pid, long addr, void *data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0, st;
	struct timespec from, to;
	pid_t pid = fork();
	if (pid == 0)
		for (;;)
			syscall(SYS_getppid);
	if (pt(PTRACE_SEIZE, pid, 0, (void *)(long)PTRACE_O_TRACESYSGOOD) || pt(PTRACE_INTERRUPT, pid, 0, 0))
		return 1;
	for (int i = -100; i <= count; i++) {
		struct ptrace_syscall_info info;
		if (i == 0)
			clock_gettime(CLOCK_MONOTONIC, &from);
		if (wait4(-1, &st, __WALL, 0) != pid || !WIFSTOPPED(st))
			return 2;
		if (wait4(-1, &st, __WALL | WNOHANG, 0) != 0)
			return 3;
		if (pt(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 8)
			return 4;
		if (i > -100 && info.op != (i & 1 ? PTRACE_SYSCALL_INFO_ENTRY : PTRACE_SYSCALL_INFO_EXIT))
			return 5;
		if (pt(PTRACE_SYSCALL, pid, 0, 0))
			return 6;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	kill(pid, SIGKILL);
	printf("%lld\n", ((to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec) / count);
	return 0;
}
