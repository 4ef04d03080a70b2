// Measures ptrace(2): traces a child that makes system calls for ever, and
// prints the nanoseconds of a PTRACE_PEEKUSER, of a wait4 with WNOHANG that finds
// nothing, and of a PTRACE_SYSCALL with the wait for its stop.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void check(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1000;
	pid_t child = fork();
	int status;
	double begin;

	if (!child) {
		check(!ptrace(PTRACE_TRACEME, 0, 0, 0), "traceme");
		raise(SIGSTOP);
		for (;;)
			syscall(SYS_getppid);
	}
	check(waitpid(child, &status, 0) == child && WIFSTOPPED(status), "wait");
	begin = now();
	for (int i = 0; i < n; i++)
		ptrace(PTRACE_PEEKUSER, child, (void *)(16 * sizeof(long)), 0);
	printf("%.0f ", (now() - begin) / n);
	begin = now();
	for (int i = 0; i < n; i++)
		check(waitpid(child, &status, WNOHANG) == 0, "poll");
	printf("%.0f ", (now() - begin) / n);
	begin = now();
	for (int i = 0; i < n; i++) {
		check(!ptrace(PTRACE_SYSCALL, child, 0, 0), "syscall");
		check(waitpid(child, &status, 0) == child && WSTOPSIG(status) == SIGTRAP, "stop");
	}
	printf("%.0f\n", (now() - begin) / n);
	check(!kill(child, SIGKILL), "kill");
	check(waitpid(child, &status, 0) == child && WIFSIGNALED(status), "end");
	return 0;
}
