/* The states that a thread can be in, for the cases that try every request in each. */
#include "table.h"

int gate[2];

/* marks makes calls and signals, so that whoever resumes it sees something soon. */
static void marks(void)
{
	sigset_t none;
	sigemptyset(&none);
	for (;;) {
		syscall(SYS_getppid, 0);
		sigprocmask(SIG_SETMASK, &none, 0); /* PTRACE_SYSEMU may have left one out */
		raise(SIGUSR2);
	}
}

/* gated is asleep until it is let go on. */
static void gated(void)
{
	char c;
	if (read(gate[0], &c, 1) < 0)
		abort();
	marks();
}

void reaches(pid_t pid, char letter)
{
	char name[64], text[256], state[4] = { ')', ' ', letter };
	snprintf(name, sizeof name, "/proc/%d/stat", pid);
	do {
		int fd = open(name, O_RDONLY | O_CLOEXEC), n = read(fd, text, sizeof text - 1);
		close(fd);
		text[n < 0 ? 0 : n] = 0;
	} while (!strstr(text, state));
}

static pid_t waits(void)
{
	pid_t pid = free_(gated);
	reaches(pid, 'S');
	return pid;
}

static pid_t stopped(pid_t pid)
{
	waitpid(pid, 0, __WALL);
	return pid;
}

static pid_t never(void) { return waits(); }
static pid_t self(void) { return getpid(); }
static pid_t signalled(void) { return child(marks); }

static pid_t running(void)
{
	pid_t pid = waits();
	pt(SEIZE, pid, 0, SYSGOOD);
	return pid;
}

static pid_t attached(void)
{
	pid_t pid = waits();
	pt(ATTACH, pid, 0, 0);
	return stopped(pid);
}

static pid_t interrupted(void)
{
	pid_t pid = running();
	pt(INTERRUPT, pid, 0, 0);
	return stopped(pid);
}

static pid_t detached(void)
{
	pid_t pid = interrupted();
	pt(DETACH, pid, 0, 0);
	return pid;
}

static pid_t group(pid_t pid)
{
	kill(pid, SIGTSTP);
	stopped(pid);
	pt(CONT, pid, 0, SIGTSTP);
	return stopped(pid);
}

static pid_t group_legacy(void)
{
	pid_t pid = child(gated);
	pt(CONT, pid, 0, 0);
	reaches(pid, 'S');
	return group(pid);
}

static pid_t group_seized(void) { return group(running()); }

static pid_t listening(void)
{
	pid_t pid = group_seized();
	pt(LISTEN, pid, 0, 0);
	return pid;
}

/* at has a child stop at a call. */
static pid_t at(int request, int times)
{
	struct user_regs_struct r;
	pid_t pid = child(marks);
	pt(SETOPTIONS, pid, 0, SYSGOOD);
	while (times) {
		pt(request, pid, 0, 0);
		stopped(pid);
		pt(GETREGS, pid, 0, P(&r));
		if (r.orig_rax == SYS_getppid)
			times--;
	}
	return pid;
}
static pid_t entry(void) { return at(SYSCALL, 1); }
static pid_t leaving(void) { return at(SYSCALL, 2); }
static pid_t emulated(void) { return at(SYSEMU, 1); }

static pid_t stepped(void)
{
	pid_t pid = child(marks);
	pt(SINGLESTEP, pid, 0, 0);
	return stopped(pid);
}

/* with has a child go on to its first event. */
static pid_t with(void (*f)(void), int options)
{
	pid_t pid = child(f);
	pt(SETOPTIONS, pid, 0, options);
	pt(CONT, pid, 0, 0);
	return stopped(pid);
}

static void forks(void) { fork(); marks(); }
static void vforks(void)
{
	signal(SIGCHLD, SIG_IGN); /* which would come at some time */
	if (vfork() == 0)
		_exit(0);
	marks();
}
static void *thread(void *p) { marks(); return p; }
static void threads(void)
{
	pthread_t t;
	pthread_create(&t, 0, thread, 0);
	sleeper();
}
static void *idle(void *p) { sleeper(); return p; }
static void idle_threads(void)
{
	pthread_t t;
	pthread_create(&t, 0, idle, 0);
	marks();
}
static void execs(void) { execl("/proc/self/exe", "behaviour", "exit", "6", (char *)0); }
static void exits(void) { _exit(5); }
static void filtered(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 9), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, 2, &p);
	marks();
}

static pid_t fork_event(void) { return with(forks, TFORK); }
static pid_t vfork_done(void) { return with(vforks, TVFORKDONE); }
static pid_t exec_event(void) { return with(execs, TEXEC); }
static pid_t exec_trap(void) { return with(execs, 0); }
static pid_t exit_event(void) { return with(exits, TEXIT); }
static pid_t verdict(void) { return with(filtered, TSECCOMP); }

static pid_t born(pid_t pid)
{
	unsigned long m = 0;
	pt(GETEVENTMSG, pid, 0, P(&m));
	return stopped(m);
}
static pid_t vfork_event(void)
{
	pid_t pid = with(vforks, TVFORK);
	pt(DETACH, born(pid), 0, 0); /* or the parent would wait for it */
	return pid;
}
static pid_t newborn(void) { return born(fork_event()); }
static pid_t clone_event(void)
{
	pid_t pid = with(idle_threads, TCLONE);
	pt(DETACH, born(pid), 0, 0); /* a process ends when all its threads have been waited for */
	return pid;
}
static pid_t new_thread(void) { return born(with(threads, TCLONE)); }

/* unseen has stopped, and has not been waited for. */
static pid_t unseen(void)
{
	siginfo_t si;
	pid_t pid = child(marks);
	pt(CONT, pid, 0, 0);
	waitid(P_PID, pid, &si, WSTOPPED | WNOWAIT);
	return pid;
}

static pid_t zombie(void)
{
	siginfo_t si;
	pid_t pid = child(marks);
	pt(CONT, pid, 0, SIGKILL);
	waitid(P_PID, pid, &si, WEXITED | WNOWAIT);
	return pid;
}

static pid_t reaped(void)
{
	pid_t pid = zombie();
	return stopped(pid);
}

/* others' has another process as its tracer. */
static pid_t others(void)
{
	char c;
	int fd[2];
	pid_t pid = waits();
	if (pipe(fd))
		abort();
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pt(SEIZE, pid, 0, 0);
		pt(INTERRUPT, pid, 0, 0);
		stopped(pid);
		if (write(fd[1], "", 1) != 1)
			abort();
		sleeper();
	}
	if (read(fd[0], &c, 1) != 1)
		abort();
	return pid;
}

static void *traces(void *p)
{
	*(pid_t *)p = interrupted();
	if (write(gate[1], "", 1) != 1)
		abort();
	pause();
	return p;
}
static pid_t siblings(void)
{
	static pid_t pid;
	pthread_t t;
	char c;
	pthread_create(&t, 0, traces, &pid);
	if (read(gate[0], &c, 1) != 1)
		abort();
	return pid;
}

const struct state states[] = {
	{"running", running}, {"signal", signalled}, {"attached", attached}, {"interrupted", interrupted},
	{"group-stop", group_legacy}, {"group-stop seized", group_seized}, {"listening", listening},
	{"entry", entry}, {"exit of a call", leaving}, {"sysemu", emulated}, {"step", stepped},
	{"fork", fork_event}, {"vfork", vfork_event}, {"vfork done", vfork_done}, {"clone", clone_event},
	{"exec", exec_event}, {"trap of exec", exec_trap}, {"exit", exit_event}, {"verdict", verdict},
	{"newborn", newborn}, {"new thread", new_thread}, {"not waited for", unseen}, {"zombie", zombie},
	{"reaped", reaped}, {"detached", detached}, {"never traced", never}, {"self", self},
	{"another's", others}, {"another thread's", siblings}, {0},
};
