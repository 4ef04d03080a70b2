/* Every wait for everything that there can be to wait for. */
#include "table.h"

/* pending waits until there is something about a child, and leaves it there. */
static pid_t pending(pid_t pid, int options)
{
	siginfo_t si;
	syscall(SYS_waitid, P_PID, pid, &si, options | WNOWAIT | __WALL, 0);
	return pid;
}

/* goes has the thread in a state go on, to its next stop. */
static pid_t goes(const char *name, int request)
{
	const struct state *s = states;
	while (strcmp(s->name, name))
		s++;
	pid_t pid = s->enter();
	pt(request, pid, 0, 0);
	return pending(pid, WSTOPPED);
}

static pid_t state(const char *name)
{
	const struct state *s = states;
	while (strcmp(s->name, name))
		s++;
	return s->enter();
}

static pid_t nobody(void) { return 1; }
static pid_t running(void) { return state("running"); }
static pid_t listening(void) { return state("listening"); }
static pid_t waited(void) { return state("signal"); }
static pid_t signalled(void) { return state("not waited for"); }
static pid_t called(void) { return goes("signal", SYSCALL); }
static pid_t interrupted(void) { return goes("running", INTERRUPT); }
static pid_t in_thread(void) { return goes("new thread", CONT); }

static pid_t group(void)
{
	pid_t pid = state("running");
	kill(pid, SIGTSTP);
	waitpid(pid, 0, __WALL);
	pt(CONT, pid, 0, SIGTSTP);
	return pending(pid, WSTOPPED);
}

static pid_t exits(void)
{
	pid_t pid = state("signal");
	pt(SETOPTIONS, pid, 0, TEXIT);
	pt(CONT, pid, 0, SIGTERM);
	return pending(pid, WSTOPPED);
}

static pid_t zombie(void) { return state("zombie"); }

static void *ends(void *p) { return p; }
static void makes_thread(void)
{
	pthread_t t;
	pthread_create(&t, 0, ends, 0);
	sleeper();
}
static pid_t dead_thread(void)
{
	unsigned long m = 0;
	pid_t pid = child(makes_thread);
	pt(SETOPTIONS, pid, 0, TCLONE);
	pt(CONT, pid, 0, 0);
	waitpid(pid, 0, __WALL);
	pt(GETEVENTMSG, pid, 0, P(&m));
	waitpid(m, 0, __WALL);
	pt(CONT, pid, 0, 0);
	pt(CONT, m, 0, 0);
	return pending(m, WEXITED);
}

static pid_t untraced(int sig, int options)
{
	pid_t pid = free_(sleeper);
	kill(pid, sig);
	return pending(pid, options);
}
static pid_t plain_stop(void) { return untraced(SIGSTOP, WSTOPPED); }
static pid_t plain_end(void) { return untraced(SIGTERM, WEXITED); }
static pid_t plain_continued(void)
{
	pid_t pid = plain_stop();
	kill(pid, SIGCONT);
	return pending(pid, WCONTINUED);
}

/* odd is a child that ends without a signal: for __WCLONE only. */
static pid_t odd(void)
{
	pid_t pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
	if (pid == 0)
		_exit(3);
	return pending(pid, WEXITED);
}

static const struct state things[] = {
	{"nothing", nobody}, {"running", running}, {"listening", listening}, {"waited for", waited},
	{"signal", signalled}, {"call", called}, {"interrupt", interrupted}, {"stop of a thread", in_thread},
	{"group-stop", group}, {"exit", exits}, {"zombie", zombie}, {"dead thread", dead_thread},
	{"untraced, stopped", plain_stop}, {"untraced, ended", plain_end}, {"untraced, continued", plain_continued},
	{"without a signal", odd}, {0},
};

static const struct { const char *name; int any, options; } kinds[] = {
	{"waitid", 0, 0}, {"any", 1, 0}, {"its id", 0, 0}, {"any, untraced", 1, WUNTRACED}, {"any, continued", 1, WCONTINUED},
	{"any, all", 1, __WALL}, {"its id, all", 0, __WALL | WUNTRACED | WCONTINUED}, {"any, clones", 1, __WCLONE},
	{"any of the thread", 1, __WNOTHREAD | __WALL},
};
enum { kinds_ = sizeof kinds / sizeof *kinds };

static void name(int n, char *name)
{
	for (int i = 0; i <= n / kinds_; i++)
		if (!things[i].name)
			return;
	sprintf(name, "waits: %s, %s", things[n / kinds_].name, kinds[n % kinds_].name);
}

/* by_waitid asks in all ways, and takes nothing. */
static void by_waitid(pid_t pid)
{
	static const int options[] = { WEXITED, WSTOPPED, WCONTINUED, WEXITED | WSTOPPED | WCONTINUED };
	static const int more[] = { 0, __WALL, __WCLONE, __WNOTHREAD };
	static const char *const who[] = { "all", "id", "group", "pidfd" };
	int fd = syscall(SYS_pidfd_open, pid, 0);
	int ids[] = { 0, pid, 0, fd };
	for (unsigned w = 0; w < 4; w++)
		for (unsigned o = 0; o < 16; o++) {
			siginfo_t si;
			memset(&si, 0, sizeof si);
			if (w == 3 && fd < 0)
				continue;
			long r = syscall(SYS_waitid, w, ids[w], &si, options[o % 4] | more[o / 4] | WNOHANG | WNOWAIT, 0);
			printf("  %s %d: %s signo %d code %d %s status %#x\n", who[w], o, r < 0 ? errname(errno) : "done", si.si_signo, si.si_code,
			       si.si_pid == pid ? "it" : si.si_pid ? "another" : "none", si.si_status);
		}
}

static void run(int n)
{
	if (pipe(gate))
		abort();
	pid_t pid = things[n / kinds_].enter();
	if (n % kinds_ == 0) {
		by_waitid(pid);
		return;
	}
	for (int i = 0; i < 3; i++) {
		int st = 0;
		struct rusage u;
		pid_t got = syscall(SYS_wait4, kinds[n % kinds_].any ? -1 : pid, &st, kinds[n % kinds_].options | WNOHANG, &u);
		if (got < 0)
			printf("  wait: %s\n", errname(errno));
		else if (got == 0)
			printf("  wait: nothing\n");
		else
			status(got == pid ? "it" : "another", st);
	}
}
struct family waits_family = { name, run };
