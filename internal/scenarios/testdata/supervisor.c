// A parent that holds its child before its exec, until a byte comes on
// descriptor 3, and then reports on descriptor 4 all that wait says of it.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
	int s, pid = fork();
	if (pid == 0) {
		char c;
		close(4);
		if (read(3, &c, 1) != 1)
			_exit(126);
		close(3);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	close(3);
	dprintf(4, "%d\n", pid);
	while (waitpid(pid, &s, WUNTRACED | WCONTINUED) == pid) {
		dprintf(4, "%#x\n", s);
		if (WIFEXITED(s) || WIFSIGNALED(s))
			return 0;
	}
	return 1;
}
