/* Filters of the program's own: strict mode, listeners, and ordinary ones. */
#include "table.h"
#include <sys/ioctl.h>

static long strict_by(int call) { return call ? syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, 0) : prctl(PR_SET_SECCOMP, 1, 0, 0, 0); }

/* strict prints how a child in strict mode ends that makes a call. */
static void strict(int by, long nr)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (strict_by(by) == 0 && write(1, "", 0) == 0 && nr)
			syscall(nr, 1, 0, 0);
		syscall(SYS_exit, 7);
	}
	await_("end", pid, 0);
}
static void strict_prctl(void) { strict(0, 0); strict(0, SYS_getpid); strict(0, SYS_wait4); }
static void strict_seccomp(void) { strict(1, 0); strict(1, SYS_ptrace); strict(1, SYS_prctl); }
static void strict_unprivileged(void)
{
	if (setuid(1000) == 0)
		strict(0, SYS_getpid);
}

/* Who traces a program through its step into strict mode sees one call made, with
 * one result, whatever becomes of it underneath. */
static void confines(void)
{
	strict_by(0);
	syscall(SYS_exit, 7);
}
static void confines_unprivileged(void)
{
	if (setuid(1000) == 0)
		confines();
}

static void traced(void (*f)(void))
{
	pid_t pid = child(f);
	struct user_regs_struct r;
	show("options", pt(SETOPTIONS, pid, 0, SYSGOOD));
	for (int stopped = 1; stopped; ) {
		show("syscall", pt(SYSCALL, pid, 0, 0));
		stopped = WIFSTOPPED(await_("stop", pid, 0));
		if (stopped && pt(GETREGS, pid, 0, P(&r)) == 0)
			printf("  number %lld of %lld result %lld\n", NUM(r.orig_rax), NUM(r.rdi), NUM(r.rax));
	}
}
static void strict_traced(void) { traced(confines); }
static void strict_traced_unprivileged(void) { traced(confines_unprivileged); }

/* filters installs a filter with one action for getppid and another for everything
 * else; by a computed result if that is asked for. */
static long filters(unsigned flags, unsigned action, int computed)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_IMM, action),
		BPF_STMT(computed ? BPF_RET | BPF_A : BPF_RET | BPF_K, action),
	};
	struct sock_fprog prog = { sizeof code / sizeof *code, code };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}
#define LISTENER SECCOMP_FILTER_FLAG_NEW_LISTENER

static void ordinary(void)
{
	show("mode", prctl(PR_GET_SECCOMP));
	show("install", filters(SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_RET_ERRNO | EXDEV, 0));
	show("getppid", syscall(SYS_getppid));
	show("mode", prctl(PR_GET_SECCOMP));
	show("no flag", filters(1 << 10, SECCOMP_RET_ALLOW, 0));
	show("strict", strict_by(0));
	show("no program", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, LISTENER, 1));
	show("which error", filters(LISTENER | SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_RET_USER_NOTIF, 0));
}

static int listener;
static struct seccomp_notif in;

static void looks(const char *what)
{
	struct pollfd p = { listener, POLLIN | POLLOUT, 0 };
	poll(&p, 1, 0);
	printf("  %s:%s%s%s\n", what, p.revents & POLLIN ? " in" : "", p.revents & POLLOUT ? " out" : "", p.revents & POLLHUP ? " hup" : "");
}

/* takes receives a notification. */
static void takes(pid_t pid)
{
	struct pollfd p = { listener, POLLIN, 0 };
	poll(&p, 1, -1);
	memset(&in, 0, sizeof in);
	show("receive", ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in));
	printf("  call %d of %s arch %x args %lld\n", in.data.nr, (pid_t)in.pid == pid ? "the child" : "another", in.data.arch, in.data.args[0]);
}

static void gives(long value, int error, unsigned flags)
{
	struct seccomp_notif_resp out = { in.id, value, error, flags };
	show("send", ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out));
}

static pid_t runs(void (*f)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		close(listener);
		f();
	}
	return pid;
}

static void asks(void)
{
	pid_t parent = syscall(SYS_getppid, 5);
	long r[3] = { syscall(SYS_getppid, 5), syscall(SYS_getppid, 6), syscall(SYS_getppid, 7) };
	_exit(r[0] == 77 && r[1] == -1 && errno != 0 && parent == 1 && r[2] > 1 ? 3 : 4);
}

static void supervise(int computed)
{
	listener = filters(LISTENER, SECCOMP_RET_USER_NOTIF, computed);
	printf("  a descriptor: %d, close on exec %d\n", listener > 2, fcntl(listener, F_GETFD));
	show("another one", filters(LISTENER, SECCOMP_RET_USER_NOTIF, 0));
	looks("before");
	pid_t pid = runs(asks);
	takes(pid);
	looks("received");
	show("valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &in.id));
	show("not zero", ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in));
	gives(0, 0, 2);
	gives(1, 0, 0);
	show("valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &in.id));
	takes(pid);
	gives(77, 0, 0);
	takes(pid);
	gives(0, -EPERM, 0);
	takes(pid);
	gives(0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
	await_("end", pid, 0);
}
static void supervised(void) { supervise(0); }
static void supervised_computed(void) { supervise(1); }

static void asks_once(void) { _exit(syscall(SYS_getppid, 0) < 0 ? errno : 1); }

static void closed(void)
{
	listener = filters(LISTENER, SECCOMP_RET_USER_NOTIF, 0);
	pid_t pid = runs(asks_once);
	takes(pid);
	close(listener);
	await_("end", pid, 0);
	show("here", syscall(SYS_getppid));
}

static void given(void)
{
	listener = filters(LISTENER, SECCOMP_RET_USER_NOTIF, 0);
	pid_t pid = runs(asks_once);
	takes(pid);
	struct seccomp_notif_addfd add = { in.id, 0, 0, 0, O_CLOEXEC };
	printf("  a descriptor: %d\n", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) > 2);
	add.srcfd = 99;
	show("no such", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add));
	add.flags = 64;
	show("no flag", ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add));
	kill(pid, SIGKILL);
	await_("end", pid, 0);
	show("valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &in.id));
	gives(1, 0, 0);
}

static void interrupted(int sig) { write(1, "  handler\n", 10); }

static void asks_handling(void)
{
	signal(SIGUSR1, interrupted);
	_exit(syscall(SYS_getppid, 5));
}

/* sleeps waits until a signal has found that it does not disturb a process. */
static void sleeps(pid_t pid)
{
	char name[32], state = 0;
	snprintf(name, sizeof name, "/proc/%d/stat", pid);
	while (state != 'D') {
		FILE *f = fopen(name, "r");
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 'D';
		fclose(f);
	}
}

static void killable(void)
{
	listener = filters(LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, SECCOMP_RET_USER_NOTIF, 0);
	fflush(stdout);
	pid_t pid = runs(asks_handling);
	takes(pid);
	kill(pid, SIGUSR1);
	sleeps(pid);
	show("valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &in.id));
	fflush(stdout);
	gives(9, 0, 0);
	await_("answered", pid, 0);
	pid = runs(asks_handling);
	takes(pid);
	kill(pid, SIGTERM);
	await_("killed", pid, 0);
}

struct test seccomp_cases[] = {
	{"seccomp: strict by prctl", strict_prctl}, {"seccomp: strict by seccomp", strict_seccomp},
	{"seccomp: strict without privileges", strict_unprivileged}, {"seccomp: strict, stop by stop", strict_traced},
	{"seccomp: strict without privileges, stop by stop", strict_traced_unprivileged}, {"seccomp: ordinary filters", ordinary},
	{"seccomp: listener", supervised}, {"seccomp: listener by a computed result", supervised_computed},
	{"seccomp: killable", killable}, {"seccomp: closed listener", closed}, {"seccomp: descriptors", given}, {0},
};
