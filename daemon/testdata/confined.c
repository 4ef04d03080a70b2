/* What a program can notice of seccomp(2) under virtual ptrace. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };
	static char text[8192];
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | 32, &prog);
	printf("%s, ", r < 0 ? strerrorname_np(errno) : "a listener");
	fflush(stdout);
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) || read(fd, text, sizeof text - 1) < 0)
		_exit(1);
	char *mode = strstr(text, "Seccomp:\t") + 9;
	write(1, "mode ", 5);
	write(1, mode, 2);
	syscall(SYS_exit, 0);
}
