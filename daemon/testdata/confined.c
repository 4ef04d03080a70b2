/* What a program can notice of seccomp(2) under virtual ptrace. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	static char text[8192];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) || read(fd, text, sizeof text - 1) < 0)
		_exit(1);
	char *mode = strstr(text, "Seccomp:\t") + 9;
	write(1, "mode ", 5);
	write(1, mode, 2);
	syscall(SYS_exit, 0);
}
