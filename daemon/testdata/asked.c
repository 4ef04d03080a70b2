/* A parent whose children ask to be traced, some of them while it waits for them
 * already, and some before it does. */
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	for (int i = 0, n = atoi(argv[1]); i < n; i++) {
		pid_t child = fork();
		if (child == 0) {
			if (i % 3)
				usleep(i % 7 * 37);
			ptrace(PTRACE_TRACEME, 0, 0, 0);
			raise(SIGSTOP);
			_exit(3);
		}
		int status;
		while (waitpid(child, &status, 0) == child && WIFSTOPPED(status))
			ptrace(PTRACE_CONT, child, 0, 0);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 3)
			return 1;
	}
	return argc != 2;
}
