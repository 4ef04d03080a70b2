/*
 * The least that answering these calls can cost: one loop that serves them to one
 * tracer of one tracee. Nothing is checked, and nobody else is served.
 *
 *	floor stops COUNT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1
#endif

static int listener;
static struct seccomp_notif in;

static void answer(int64_t value, int error)
{
	struct seccomp_notif_resp out = {in.id, value, -error, 0};
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out);
}

static void put(uint64_t to, void *from, size_t n)
{
	struct iovec l = {from, n}, r = {(void *)to, n};
	process_vm_writev(in.pid, &l, 1, &r, 1, 0);
}

static void serve(void)
{
	static char info[sizeof(struct ptrace_syscall_info)];
	static pid_t tracee;
	__u64 *a = in.data.args;
	long n;
	if (in.data.nr == SYS_wait4) {
		int st;
		pid_t got = a[2] & WNOHANG ? 0 : waitpid(tracee, &st, __WALL);
		if (got > 0)
			put(a[1], &st, sizeof st);
		answer(got, 0);
		return;
	}
	switch (a[0]) {
	case PTRACE_SEIZE:
		tracee = a[1];
		n = syscall(SYS_ptrace, a[0], a[1], a[2], a[3]);
		answer(n, n ? errno : 0);
		return;
	case PTRACE_GET_SYSCALL_INFO:
		n = syscall(SYS_ptrace, a[0], a[1], sizeof info, info);
		put(a[3], info, n);
		answer(n, 0);
		return;
	default: /* the tracer must have its answer before the thread runs */
		answer(0, 0);
		syscall(SYS_ptrace, a[0], a[1], a[2], a[3]);
	}
}

static int filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_wait4, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof code / sizeof *code, code};
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

int main(int argc, char **argv)
{
	int told[2], copied[2], fd;
	if (argc < 2 || pipe(told) || pipe(copied))
		return 1;
	pid_t child = fork();
	if (child == 0) {
		fd = filter();
		close(copied[1]);
		if (fd < 0 || write(told[1], &fd, sizeof fd) < 0 || read(copied[0], &fd, 1) < 0)
			return 1;
		execv(argv[1], argv + 1);
		return 1;
	}
	if (read(told[0], &fd, sizeof fd) != sizeof fd)
		return 1;
	listener = syscall(SYS_pidfd_getfd, syscall(SYS_pidfd_open, child, 0), fd, 0);
	close(copied[1]);
	if (listener < 0)
		return 1;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (struct pollfd p = {listener, POLLIN, 0};;) {
		poll(&p, 1, -1);
		memset(&in, 0, sizeof in);
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in) == 0)
			serve();
		else if (p.revents & POLLHUP)
			break;
	}
	int st;
	waitpid(child, &st, 0);
	return !WIFEXITED(st) || WEXITSTATUS(st);
}
