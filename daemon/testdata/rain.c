/* rain ROUNDS: a tracer that handles SIGCHLD, and lets three tracees go again and again
 * while SIGCHLD comes of the others. Each request is about a thread that stands, so none
 * fails. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { tracees = 3 };
static volatile int rung;
static void handler(int signal) { rung++; }

static pid_t tracee(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		for (;;)
			raise(SIGUSR1);
	}
	waitpid(pid, 0, __WALL);
	return pid;
}

int main(int argc, char **argv)
{
	pid_t pid[tracees];
	int rounds = argc > 1 ? atoi(argv[1]) : 1, failed = 0;
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	sigaction(SIGCHLD, &action, 0);
	for (int i = 0; i < tracees; i++)
		pid[i] = tracee();
	while (rounds-- > 0) {
		for (int i = 0; i < tracees; i++)
			if (ptrace(PTRACE_CONT, pid[i], 0, 0)) {
				printf("%s\n", strerror(errno));
				failed = 1;
			}
		for (int i = 0; i < tracees; i++) {
			int st = 0;
			if (waitpid(pid[i], &st, __WALL) != pid[i] || !WIFSTOPPED(st)) {
				printf("status %#x\n", st);
				return 1;
			}
		}
	}
	return failed || !rung;
}
