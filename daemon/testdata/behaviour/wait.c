/* wait4, waitid and their options. */
#include "table.h"

static void info(const char *what, idtype_t type, id_t id, int options, pid_t pid)
{
	siginfo_t si;
	memset(&si, 0, sizeof si);
	if (syscall(SYS_waitid, type, id, &si, options, 0) < 0)
		printf("  %s: %s\n", what, errname(errno));
	else
		printf("  %s: signo %d code %d pid %s status %#x\n", what, si.si_signo, si.si_code,
		       si.si_pid == pid ? "it" : si.si_pid ? "other" : "0", si.si_status);
}

static void none(void)
{
	show("wait4", syscall(SYS_wait4, -1, 0, 0, 0));
	show("wait4 of a stranger", syscall(SYS_wait4, 1, 0, WNOHANG, 0));
	show("wait4 bad options", syscall(SYS_wait4, -1, 0, 0x100, 0));
	show("wait4 INT_MIN", syscall(SYS_wait4, 0x80000000, 0, WNOHANG, 0));
	info("waitid", P_ALL, 0, WEXITED, 0);
	info("waitid without a kind", P_ALL, 0, WNOHANG, 0);
	info("waitid bad options", P_ALL, 0, 0x100000 | WEXITED, 0);
	info("waitid bad type", 9, 0, WEXITED, 0);
	info("waitid pid 0", P_PID, 0, WEXITED, 0);
	info("waitid bad pidfd", 3, 99, WEXITED, 0);
}

static void tracee(void)
{
	pid_t pid = child(sleeper);
	show("wait4 bad options", syscall(SYS_wait4, -1, 0, 0x100, 0));
	info("waitid without a kind", P_ALL, 0, WNOHANG, 0);
	info("waitid bad options", P_ALL, 0, 0x100000 | WEXITED, 0);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	info("peek", P_PID, pid, WSTOPPED | WNOWAIT, pid);
	info("peek again", P_ALL, 0, WSTOPPED | WNOWAIT, pid);
	info("take as an exit", P_PID, pid, WEXITED, pid);
	info("gone", P_PID, pid, WSTOPPED | WNOHANG, pid);
	pt(CONT, pid, 0, SIGKILL);
	info("peek at the end", P_PID, pid, WEXITED | WNOWAIT, pid);
	info("end", P_PID, pid, WEXITED, pid);
	info("nobody", P_PID, pid, WEXITED, pid);
}

static void groups(void)
{
	pid_t pid = child(sleeper);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	info("own group", P_PGID, 0, WSTOPPED | WNOWAIT, pid);
	info("this group", P_PGID, getpgid(0), WSTOPPED | WNOWAIT, pid);
	info("other group", P_PGID, pid, WSTOPPED | WNOHANG, pid);
	setpgid(pid, pid);
	info("its own", P_PGID, pid, WSTOPPED | WNOHANG | WNOWAIT, pid);
	show("own group now", waitpid(0, 0, WNOHANG));
	await_("by -pgid", -pid, 0);
	done(pid);
}

static void pidfds(void)
{
	pid_t pid = child(sleeper);
	int fd = syscall(SYS_pidfd_open, pid, 0);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	info("stop", 3, fd, WSTOPPED, pid);
	info("nothing", 3, fd, WSTOPPED | WNOHANG, pid);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	info("nonblocking", 3, fd, WSTOPPED, pid);
	info("no pidfd", 3, 1, WSTOPPED, pid);
	done(pid);
}

static void usage(void)
{
	pid_t pid = child(sleeper);
	struct rusage u;
	int st;
	memset(&u, 0x55, sizeof u);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	show("wait4", wait4(pid, &st, __WALL, &u) == pid ? 0 : -1);
	printf("  maxrss %d minflt %d seconds %ld\n", u.ru_maxrss > 0, u.ru_minflt > 0, u.ru_utime.tv_sec);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	memset(&u, 0x55, sizeof u);
	show("waitid", syscall(SYS_waitid, P_PID, pid, 0, WSTOPPED, &u));
	printf("  maxrss %d minflt %d seconds %ld\n", u.ru_maxrss > 0, u.ru_minflt > 0, u.ru_utime.tv_sec);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	show("status to nowhere", wait4(pid, (void *)8, __WALL, 0));
	done(pid);
}

static void untraced_too(void)
{
	pid_t traced = child(sleeper), plain = free_(sleeper), dead = free_(NULL ? 0 : (void (*)(void))getpid);
	int st;
	siginfo_t si;
	pt(CONT, traced, 0, 0);
	waitid(P_PID, dead, &si, WEXITED | WNOWAIT);
	printf("  the dead one %d\n", waitpid(-1, &st, WNOHANG | __WALL) == dead);
	await_("nothing", -1, WNOHANG);
	kill(plain, SIGSTOP);
	await_("plain stopped", plain, WUNTRACED);
	kill(plain, SIGCONT);
	await_("plain continued", plain, WCONTINUED);
	kill(plain, SIGKILL);
	printf("  any %d\n", waitpid(-1, &st, __WALL) == plain);
	kill(traced, SIGUSR1);
	printf("  any %d\n", waitpid(-1, &st, 0) == traced);
	done(traced);
}

static void *kill_later(void *p)
{
	usleep(100000);
	kill(*(pid_t *)p, SIGUSR2);
	return 0;
}
static void blocks(void)
{
	pthread_t t;
	pid_t pid = child(sleeper);
	pt(CONT, pid, 0, 0);
	pthread_create(&t, 0, kill_later, &pid);
	await_("blocking", -1, 0);
	pt(CONT, pid, 0, 0);
	pthread_join(t, 0);
	pthread_create(&t, 0, kill_later, &pid);
	info("blocking", P_ALL, 0, WSTOPPED, pid);
	done(pid);
}

static void interrupted_handler(int s) { (void)s; }
static void interrupted(int flags)
{
	struct sigaction a = { .sa_handler = interrupted_handler, .sa_flags = flags };
	struct itimerval v = { { 0, 0 }, { 0, 50000 } };
	pthread_t t;
	pid_t pid = child(sleeper);
	sigaction(SIGALRM, &a, 0);
	pt(CONT, pid, 0, 0);
	setitimer(ITIMER_REAL, &v, 0);
	if (flags)
		pthread_create(&t, 0, kill_later, &pid);
	show("wait", syscall(SYS_wait4, -1, 0, __WALL, 0) == pid ? 0 : -1);
	done(pid);
}
static void eintr(void) { interrupted(0); }
static void restart(void) { interrupted(SA_RESTART); }

static volatile int chld_signo, chld_pid, chld_status;
static void chld(int s, siginfo_t *si, void *u)
{
	(void)u;
	chld_signo = s;
	chld_pid = si->si_pid;
	chld_status = si->si_status;
}
/* Waits for the signal, or where none is due as long as one could take. */
static void arrives(int flags)
{
	int times = flags & SA_NOCLDSTOP ? 20 : 10000;
	for (int i = 0; i < times && !chld_signo; i++)
		usleep(1000);
}
static void sigchld(int flags)
{
	struct sigaction a = { .sa_sigaction = chld, .sa_flags = SA_SIGINFO | flags };
	pid_t pid = child(sleeper);
	sigaction(SIGCHLD, &a, 0);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	await_("stop", pid, 0);
	arrives(flags);
	printf("  signal %d pid %s status %d\n", chld_signo, chld_pid == pid ? "it" : chld_pid ? "other" : "0", chld_status);
	chld_signo = chld_pid = chld_status = 0;
	pt(CONT, pid, 0, SIGKILL);
	await_("end", pid, 0);
	arrives(0);
	printf("  signal %d pid %s status %d\n", chld_signo, chld_pid == pid ? "it" : chld_pid ? "other" : "0", chld_status);
}
static void sigchld_plain(void) { sigchld(0); }
static void sigchld_nostop(void) { sigchld(SA_NOCLDSTOP); }

static int go_on[2];
static void *leaver(void *p)
{
	char b;
	read(go_on[0], &b, 1);
	return p;
}
static void leader_leaves(void)
{
	pthread_t t;
	pthread_create(&t, 0, leaver, 0);
	syscall(SYS_exit, 7);
}
static int zombie(pid_t pid)
{
	char name[64], text[256] = "";
	snprintf(name, sizeof name, "/proc/%d/stat", pid);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	read(fd, text, sizeof text - 1);
	close(fd);
	return strstr(text, ") Z") != 0;
}
static void leader_first(void)
{
	pipe(go_on);
	pid_t pid = child(leader_leaves);
	pt(SETOPTIONS, pid, 0, TEXIT);
	pt(CONT, pid, 0, 0);
	await_("leader exits", pid, 0);
	pt(CONT, pid, 0, 0);
	while (!zombie(pid))
		usleep(1000);
	await_("not yet", pid, WNOHANG);
	show("request", pt(CONT, pid, 0, 0));
	write(go_on[1], "", 1);
	await_("end", pid, 0);
	close(go_on[0]);
	close(go_on[1]);
}

static void *ends_all(void *p)
{
	char b;
	read(go_on[0], &b, 1);
	_exit(5);
	return p;
}
static void *(*last_thread)(void *);
static void forks_leader(void)
{
	if (fork())
		sleeper();
	pthread_t t;
	pthread_create(&t, 0, last_thread, 0);
	syscall(SYS_exit, 7);
}
/* The parent of the process that ends is stopped, and waits for nobody. */
static void parent_stopped(void *(*last)(void *), int options)
{
	pipe(go_on);
	last_thread = last;
	pid_t parent = child(forks_leader);
	unsigned long pid = 0, tid = 0;
	pt(SETOPTIONS, parent, 0, TFORK | options);
	pt(CONT, parent, 0, 0);
	await_("forks", parent, 0);
	pt(GETEVENTMSG, parent, 0, P(&pid));
	await_("born", pid, 0);
	pt(CONT, pid, 0, 0);
	if (options & TCLONE) {
		await_("clones", pid, 0);
		pt(GETEVENTMSG, pid, 0, P(&tid));
		await_("born", tid, 0);
		pt(CONT, tid, 0, 0);
		pt(CONT, pid, 0, 0);
	}
	while (!zombie(pid))
		usleep(1000);
	usleep(50000); /* for who looks now and then only */
	await_("not yet", pid, WNOHANG);
	write(go_on[1], "", 1);
	if (tid)
		await_("thread", tid, 0);
	await_("end", pid, 0);
	await_("gone", pid, WNOHANG);
	done(parent);
	close(go_on[0]);
	close(go_on[1]);
}
static void alone(void) { parent_stopped(leaver, 0); }
static void alone_by_group(void) { parent_stopped(ends_all, 0); }
static void both(void) { parent_stopped(leaver, TCLONE); }
static void both_by_group(void) { parent_stopped(ends_all, TCLONE); }

struct test wait_cases[] = {
	{"wait: no child", none}, {"wait: tracee", tracee}, {"wait: groups", groups}, {"wait: pidfd", pidfds},
	{"wait: usage", usage}, {"wait: others too", untraced_too}, {"wait: blocking", blocks},
	{"wait: interrupted", eintr}, {"wait: restarted", restart}, {"wait: SIGCHLD", sigchld_plain},
	{"wait: SIGCHLD without stops", sigchld_nostop}, {"wait: leader first", leader_first},
	{"wait: leader of a stopped parent", alone}, {"wait: its group", alone_by_group},
	{"wait: it and its thread", both}, {"wait: both by the group", both_by_group}, {0},
};
