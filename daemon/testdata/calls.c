// Makes the calls that the filter of virtual ptrace asks its listener about, for
// ever, and prints a line now and then. If one does not do what it does natively
// it says FAIL, and ends.
#include <errno.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what, int status)
{
	printf("FAIL: %s: errno %d, status %#x\n", what, errno, status);
	return 1;
}

int main(void)
{
	int status = 0;

	setvbuf(stdout, 0, _IOLBF, 0);
	for (long n = 1;; n++) {
		pid_t child = fork();
		if (child == 0)
			_exit(7);
		if (waitpid(n % 2 ? child : -1, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 7)
			return fail("waitpid", status);
		if (ptrace(PTRACE_CONT, 1, 0, 0) != -1 || errno != ESRCH)
			return fail("ptrace", 0);
		if (waitpid(-1, &status, WNOHANG) != -1 || errno != ECHILD)
			return fail("waitpid without children", status);
		if (n % 50 == 0)
			printf("%ld\n", n);
	}
}
