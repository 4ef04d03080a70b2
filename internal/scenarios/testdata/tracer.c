// A program that traces its child by itself.
#include <stdio.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
	char c;
	int s, n = 0;
	puts("ready"); fflush(stdout);
	read(0, &c, 1);
	int pid = fork();
	if (pid == 0) {
		long r = ptrace(PTRACE_TRACEME, 0, 0, 0);
		if (r == 0) raise(SIGSTOP);
		_exit(r == 0 ? 1 : 2);
	}
	while (waitpid(pid, &s, 0) == pid && !WIFEXITED(s)) {
		n++;
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	printf("stops %d status %d\n", n, WEXITSTATUS(s));
}
