/* Attaching and letting go. */
#include "table.h"

static void nobody(void)
{
	show("attach self", pt(ATTACH, getpid(), 0, 0));
	show("attach 0", pt(ATTACH, 0, 0, 0));
	show("attach -1", pt(ATTACH, -1, 0, 0));
	show("attach a number that is free", pt(ATTACH, 0x3ffffff, 0, 0));
	show("seize self", pt(SEIZE, getpid(), 0, 0));
	show("seize with an address", pt(SEIZE, getppid(), 1, 0));
	show("seize with bad options", pt(SEIZE, getppid(), 0, 1 << 30));
	show("peek of nobody's", pt(PEEKDATA, getppid(), 0, 0));
	show("detach of nobody's", pt(DETACH, getppid(), 0, 0));
	show("interrupt of nobody's", pt(INTERRUPT, getppid(), 0, 0));
}

static void twice(void)
{
	pid_t pid = child(sleeper);
	show("attach", pt(ATTACH, pid, 0, 0));
	show("seize", pt(SEIZE, pid, 0, 0));
	done(pid);
}

static void traceme2(void)
{
	show("first", pt(TRACEME, 0, 0, 0));
	show("second", pt(TRACEME, 0, 0, 0));
	fflush(stdout);
}
static void traceme_twice(void)
{
	pid_t pid = free_(traceme2);
	await_("end", pid, 0);
}

static void legacy(void)
{
	pid_t pid = free_(sleeper);
	show("attach", pt(ATTACH, pid, 0, 0));
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	message("message", pid);
	callinfo("call", pid);
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	show("listen", pt(LISTEN, pid, 0, 0));
	show("detach", pt(DETACH, pid, 0, 0));
	show("detach again", pt(DETACH, pid, 0, 0));
	await_("nothing left", pid, WNOHANG);
	done(pid);
}

static void seized(void)
{
	pid_t pid = free_(sleeper);
	show("seize", pt(SEIZE, pid, 0, SYSGOOD));
	await_("runs on", pid, WNOHANG);
	show("peek while it runs", pt(PEEKDATA, pid, P(&shared), P(&shared)));
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	message("message", pid);
	callinfo("call", pid);
	show("interrupt while stopped", pt(INTERRUPT, pid, 0, 0));
	show("cont", pt(CONT, pid, 0, 0));
	await_("once more", pid, 0);
	show("detach with a signal", pt(DETACH, pid, 0, SIGKILL));
	show("interrupt after", pt(INTERRUPT, pid, 0, 0));
	done(pid);
}

static void detach_signal(void)
{
	pid_t pid = child(sleeper);
	show("bad signal", pt(DETACH, pid, 0, 65));
	show("detach", pt(DETACH, pid, 0, SIGTERM));
	await_("end", pid, 0);
}

static void detach_stop(void)
{
	pid_t pid = child(sleeper);
	show("detach", pt(DETACH, pid, 0, SIGSTOP));
	await_("stays stopped", pid, WUNTRACED);
	kill(pid, SIGCONT);
	await_("continued", pid, WCONTINUED);
	done(pid);
}

static void kill_request(void)
{
	pid_t pid = child(sleeper);
	show("kill", pt(KILL, pid, 0, 0));
	await_("end", pid, 0);
	show("kill the dead", pt(KILL, pid, 0, 0));
}

static void kill_running(void)
{
	pid_t pid = free_(sleeper);
	show("seize", pt(SEIZE, pid, 0, 0));
	show("kill", pt(KILL, pid, 0, 0));
	await_("end", pid, 0);
}

static void attach_stopped(void)
{
	pid_t pid = free_(sleeper);
	kill(pid, SIGSTOP);
	await_("stopped", pid, WUNTRACED);
	show("attach", pt(ATTACH, pid, 0, 0));
	await_("first", pid, 0);
	show("cont", pt(CONT, pid, 0, 0));
	await_("second", pid, 0);
	siginfo("siginfo", pid);
	done(pid);
}

static void seize_stopped(void)
{
	pid_t pid = free_(sleeper);
	kill(pid, SIGSTOP);
	await_("stopped", pid, WUNTRACED);
	show("seize", pt(SEIZE, pid, 0, 0));
	await_("first", pid, 0);
	siginfo("siginfo", pid);
	show("listen", pt(LISTEN, pid, 0, 0));
	await_("quiet", pid, WNOHANG);
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	await_("interrupted", pid, 0);
	show("listen", pt(LISTEN, pid, 0, 0));
	kill(pid, SIGCONT);
	await_("continued", pid, 0);
	siginfo("siginfo", pid);
	show("cont", pt(CONT, pid, 0, 0));
	await_("SIGCONT itself", pid, 0);
	done(pid);
}

static pid_t grandchild(int exitkill, int threads)
{
	int fd[2];
	pid_t pid = free_(sleeper);
	if (pipe(fd))
		abort();
	fflush(stdout);
	if (fork() == 0) {
		pt(SEIZE, pid, 0, exitkill ? EXITKILL : 0);
		pt(INTERRUPT, pid, 0, 0);
		waitpid(pid, 0, __WALL);
		if (write(fd[1], "", 1) != 1)
			abort();
		if (threads)
			syscall(SYS_exit, 0);
		_exit(0);
	}
	char c;
	if (read(fd[0], &c, 1) != 1)
		abort();
	return pid;
}

static void tracer_dies(void)
{
	pid_t pid = grandchild(0, 0);
	wait(0);
	usleep(50000);
	show("alive", kill(pid, 0));
	await_("runs", pid, WNOHANG | WUNTRACED);
	kill(pid, SIGTERM);
	await_("end", pid, 0);
}

static void exitkill(void)
{
	pid_t pid = grandchild(1, 0);
	await_("end", pid, 0);
}

static pthread_barrier_t barrier;
static void *attacher(void *p)
{
	pid_t pid = *(pid_t *)p;
	show("seize by a thread", pt(SEIZE, pid, 0, 0));
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return 0;
}
static void by_thread(void)
{
	pthread_t t;
	pid_t pid = free_(sleeper);
	pthread_barrier_init(&barrier, 0, 2);
	pthread_create(&t, 0, attacher, &pid);
	pthread_barrier_wait(&barrier);
	await_("wait of another thread", pid, 0);
	show("request of another thread", pt(CONT, pid, 0, 0));
	show("attach by another thread", pt(ATTACH, pid, 0, 0));
	pthread_barrier_wait(&barrier);
	pthread_join(t, 0);
	usleep(100000);
	show("after its end", pt(CONT, pid, 0, 0));
	done(pid);
}

static void zombie(void)
{
	pid_t pid = free_(NULL ? sleeper : sleeper);
	kill(pid, SIGKILL);
	siginfo_t si;
	waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
	show("attach a zombie", pt(ATTACH, pid, 0, 0));
	await_("end", pid, 0);
}

/* A stopped process is in a stop of its tracer's as soon as the attach has returned,
 * however soon that comes behind what its parent is told. */
static void request_at_once(void)
{
	int failed = 0;
	for (int i = 0; i < 40; i++) {
		pid_t pid = free_(sleeper);
		kill(pid, SIGSTOP);
		waitpid(pid, 0, WUNTRACED);
		failed += pt(i % 2 ? SEIZE : ATTACH, pid, 0, 0) < 0;
		failed += pt(POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 0) < 0;
		done(pid);
	}
	show("failed", failed);
}

/* enter goes into a new domain of Landlock. */
static void enter(void)
{
	uint64_t handled = 1 << 11; /* LANDLOCK_ACCESS_FS_MAKE_BLOCK */
	int fd = syscall(444, &handled, sizeof handled, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	show("enter", syscall(446, fd, 0));
	close(fd);
}

static void try_(pid_t pid)
{
	show("seize", pt(SEIZE, pid, 0, 0));
	show("again", pt(ATTACH, pid, 0, 0));
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	done(pid);
}

static int to_child[2];
static void asks_late(void)
{
	char c;
	if (read(to_child[0], &c, 1) != 1)
		abort();
	_exit(pt(TRACEME, 0, 0, 0) < 0 ? errno : 0);
}

/* A tracer in a domain traces what is in it, and nothing that is outside. */
static void domains(void)
{
	if (pipe(to_child))
		abort();
	pid_t outside = free_(sleeper), late = free_(asks_late);
	try_(free_(sleeper));
	enter();
	try_(outside);
	try_(free_(sleeper));
	if (write(to_child[1], "", 1) != 1)
		abort();
	await_("late", late, 0);
	pid_t early = child(sleeper);
	show("cont", pt(CONT, early, 0, 0));
	done(early);
	outside = free_(sleeper);
	enter();
	try_(outside);
}

/* numbered makes a process with an id that another one has had, in a PID namespace of its
 * own or in ours. */
static pid_t numbered(pid_t id, int namespace, void (*f)(void))
{
	pid_t ids[] = { 1, id };
	struct { uint64_t flags, pidfd, child, parent, exit_signal, stack, size, tls, ids, count; } args = {
		.flags = namespace ? CLONE_NEWPID : 0, .exit_signal = SIGCHLD,
		.ids = (uintptr_t)(namespace ? ids : ids + 1), .count = namespace ? 2 : 1,
	};
	pid_t pid;
	fflush(stdout);
	if (id)
		while ((pid = syscall(SYS_clone3, &args, sizeof args)) < 0 && errno == EEXIST)
			usleep(1000);
	else
		pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		f();
		fflush(stdout);
		_exit(0);
	}
	return pid;
}

static void deaf(void)
{
	waitpid(-1, 0, WNOHANG);
	signal(SIGCHLD, SIG_IGN);
	usleep(30000); /* the kernel tells processes apart by hundredths of a second */
}

/* hears traces a child, and is told of its stops. */
static void hears(void)
{
	sigset_t set;
	struct timespec limit = { 3, 0 };
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, 0);
	pid_t pid = child(sleeper);
	show("told", sigtimedwait(&set, 0, &limit) == SIGCHLD);
	show("cont", pt(CONT, pid, 0, 0));
	kill(pid, SIGUSR1);
	await_("signal", pid, 0);
	done(pid);
}

/* Of who has had an id before nothing sticks to it. */
static void id_again(void)
{
	for (int namespace = 0; namespace < 2; namespace++) {
		pid_t id = numbered(0, 0, deaf);
		waitpid(id, 0, 0);
		pid_t pid = numbered(id, namespace, hears);
		show("made", pid == id ? 0 : -1);
		if (pid > 0)
			await_("end", pid, 0);
	}
}

struct test attach_cases[] = {
	{"attach: nobody", nobody}, {"attach: twice", twice}, {"attach: traceme twice", traceme_twice},
	{"attach: legacy", legacy}, {"attach: seize", seized}, {"attach: detach with a signal", detach_signal},
	{"attach: detach stopped", detach_stop}, {"attach: kill", kill_request}, {"attach: kill running", kill_running},
	{"attach: stopped process", attach_stopped}, {"attach: seize a stopped process", seize_stopped},
	{"attach: tracer dies", tracer_dies}, {"attach: exitkill", exitkill},
	{"attach: by a thread", by_thread}, {"attach: zombie", zombie},
	{"attach: request at once", request_at_once},
	{"attach: domains", domains}, {"attach: id again", id_again}, {0},
};
