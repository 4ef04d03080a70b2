/* Events: births, exec, exit, system calls, filters. */
#include "table.h"

static void forks(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(3);
	int st;
	waitpid(pid, &st, 0);
	_exit(WEXITSTATUS(st));
}

static void vforks(void)
{
	pid_t pid = vfork();
	if (pid == 0)
		_exit(4);
	int st;
	waitpid(pid, &st, 0);
	_exit(WEXITSTATUS(st));
}

static void *nothing(void *tid)
{
	*(pid_t *)tid = gettid();
	return tid;
}
static void threads(void)
{
	pthread_t t;
	pid_t tid;
	pthread_create(&t, 0, nothing, &tid);
	pthread_join(t, 0);
	while (!syscall(SYS_tgkill, getpid(), tid, 0)) /* until its end has been waited for */
		usleep(1000);
	_exit(5);
}

static void execs(void)
{
	execl("/proc/self/exe", "behaviour", "exit", "6", (char *)0);
	_exit(1);
}

static void *exec_thread(void *p)
{
	execs();
	return p;
}
static void thread_execs(void)
{
	pthread_t t;
	pthread_create(&t, 0, exec_thread, 0);
	pthread_join(t, 0);
}

/* follow runs one child with options to its end, as PTRACE_CONT goes. */
static void follow(void (*f)(void), int options, int seize)
{
	pid_t pid, got, other = 0;
	int st;
	if (seize) {
		pid = free_(f == execs ? sleeper : sleeper);
		done(pid);
		int fd[2];
		if (pipe(fd))
			abort();
		fflush(stdout);
		if ((pid = fork()) == 0) {
			char c;
			close(fd[1]);
			if (read(fd[0], &c, 1) < 0)
				abort();
			f();
			_exit(0);
		}
		close(fd[0]);
		show("seize", pt(SEIZE, pid, 0, options));
		close(fd[1]);
	} else {
		pid = child(f);
		show("options", pt(SETOPTIONS, pid, 0, options));
		pt(CONT, pid, 0, 0);
	}
	for (;;) {
		/* one after the other, or the order would be by chance */
		if (other) {
			got = waitpid(other, &st, __WALL);
			if (got < 0) {
				printf("  other: %s\n", errname(errno));
				other = 0;
				continue;
			}
		} else {
			got = waitpid(pid, &st, __WALL);
		}
		if (got < 0)
			break;
		status(got == pid ? "it" : "other", st);
		if (WIFEXITED(st) || WIFSIGNALED(st)) {
			if (got == pid)
				break;
			other = 0;
			continue;
		}
		siginfo("siginfo", got);
		int event = st >> 16;
		unsigned long m = 0;
		if (event && event != 128) {
			pt(GETEVENTMSG, got, 0, P(&m));
			if (event == 6)
				status("message", m);
			else
				printf("  message %s\n", m == (unsigned long)pid ? "it" : "other");
			if (event <= 3)
				other = m;
		}
		pt(CONT, got, 0, WSTOPSIG(st) == SIGTRAP || WSTOPSIG(st) == SIGSTOP || event ? 0 : WSTOPSIG(st));
	}
}

static void fork_plain(void) { follow(forks, 0, 0); }
static void fork_event(void) { follow(forks, TFORK, 0); }
static void fork_seized(void) { follow(forks, TFORK, 1); }
static void fork_all(void) { follow(forks, TFORK | TCLONE | TVFORK | TEXIT, 0); }
static void vfork_event(void) { follow(vforks, TVFORK | TVFORKDONE, 0); }
static void vfork_seized(void) { follow(vforks, TVFORK | TVFORKDONE | TEXIT, 1); }
static void vfork_done(void) { follow(vforks, TVFORKDONE, 0); }
static void clone_event(void) { follow(threads, TCLONE, 0); }
static void clone_seized(void) { follow(threads, TCLONE | TEXIT, 1); }
static void exec_plain(void) { follow(execs, 0, 0); }
static void exec_event(void) { follow(execs, TEXEC, 0); }
static void exec_seized(void) { follow(execs, 0, 1); }
static void exec_seized_event(void) { follow(execs, TEXEC | TEXIT, 1); }
static void exec_thread_event(void) { follow(thread_execs, TCLONE | TEXEC, 0); }

/* A thread execs when the leader has ended, in a process that is nobody's here. */
static void *last_thread(void *p)
{
	reaches(getpid(), 'Z'); /* and has no executable any more */
	execl("/proc/thread-self/exe", "behaviour", "exit", "6", (char *)0);
	return p;
}
static void leader_ends(void)
{
	pthread_t t;
	char c;
	if (read(gate[0], &c, 1) < 0)
		abort();
	pthread_create(&t, 0, last_thread, 0);
	syscall(SYS_exit, 42);
}
static void stranger_execs(void)
{
	int fd[2], st;
	pid_t it, got;
	if (pipe(gate) || pipe(fd))
		abort();
	if (fork() == 0) {
		it = free_(leader_ends);
		if (write(fd[1], &it, sizeof it) < 0)
			abort();
		sleeper();
	}
	if (read(fd[0], &it, sizeof it) < 0)
		abort();
	reaches(it, 'S');
	show("seize", pt(SEIZE, it, 0, TCLONE | TEXEC));
	if (write(gate[1], "", 1) < 0)
		abort();
	await_("clone", it, 0);
	unsigned long thread = 0;
	pt(GETEVENTMSG, it, 0, P(&thread));
	await_("thread", thread, 0);
	pt(CONT, it, 0, 0);
	pt(CONT, thread, 0, 0);
	while ((got = waitpid(-1, &st, __WALL)) > 0) {
		status(got == it ? "it" : "another", st);
		unsigned long m = 0;
		if (st >> 16 && pt(GETEVENTMSG, got, 0, P(&m)) == 0)
			printf("  message %s\n", m == thread ? "thread" : "another");
		if (!WIFSTOPPED(st))
			break;
		pt(CONT, got, 0, 0);
	}
}

static void one_call(void)
{
	syscall(SYS_getppid);
	syscall(SYS_close, -1);
	_exit(0);
}

static void calls(int options)
{
	pid_t pid = child(one_call);
	struct user_regs_struct r;
	pt(SETOPTIONS, pid, 0, options);
	for (int i = 0; i < 8; i++) {
		if (pt(SYSCALL, pid, 0, 0) < 0)
			break;
		int st = await_("stop", pid, 0);
		if (!WIFSTOPPED(st))
			return;
		siginfo("siginfo", pid);
		message("message", pid);
		callinfo("call", pid);
		pt(GETREGS, pid, 0, P(&r));
		printf("  number %lld\n", NUM(r.orig_rax));
	}
	done(pid);
}
static void calls_plain(void) { calls(0); }
static void calls_sysgood(void) { calls(SYSGOOD); }

static void call_changed(void)
{
	pid_t pid = child(one_call);
	struct user_regs_struct r;
	struct ptrace_syscall_info i;
	pt(SETOPTIONS, pid, 0, SYSGOOD);
	for (;;) {
		pt(SYSCALL, pid, 0, 0);
		int st = 0;
		waitpid(pid, &st, __WALL);
		pt(GETREGS, pid, 0, P(&r));
		if (r.orig_rax == SYS_getppid)
			break;
	}
	r.orig_rax = -1;
	r.rax = -EXDEV;
	show("set", pt(SETREGS, pid, 0, P(&r)));
	callinfo("skipped", pid);
	pt(SYSCALL, pid, 0, 0);
	await_("exit", pid, 0);
	callinfo("call", pid);
	pt(GETREGS, pid, 0, P(&r));
	printf("  result %lld\n", NUM(r.rax));
	r.rax = 42;
	pt(SETREGS, pid, 0, P(&r));
	callinfo("changed", pid);
	show("info too short", pt(SET_SYSCALL_INFO, pid, 8, P(&i)));
	pt(GET_SYSCALL_INFO, pid, sizeof i, P(&i));
	i.exit.rval = -ENXIO;
	i.exit.is_error = 1;
	show("set info", pt(SET_SYSCALL_INFO, pid, sizeof i, P(&i)));
	callinfo("changed", pid);
	i.op = 1;
	show("set wrong op", pt(SET_SYSCALL_INFO, pid, sizeof i, P(&i)));
	i.op = 2;
	((char *)&i)[1] = 1; /* reserved */
	show("set flags", pt(SET_SYSCALL_INFO, pid, sizeof i, P(&i)));
	pt(GETREGS, pid, 0, P(&r));
	printf("  result %lld\n", NUM(r.rax));
	done(pid);
}

static void emulated(void)
{
	pid_t pid = child(one_call);
	struct user_regs_struct r;
	pt(SETOPTIONS, pid, 0, SYSGOOD);
	for (int i = 0; i < 4; i++) {
		show("sysemu", pt(SYSEMU, pid, 0, 0));
		int st = await_("stop", pid, 0);
		if (!WIFSTOPPED(st))
			return;
		pt(GETREGS, pid, 0, P(&r));
		printf("  number %lld result %lld\n", NUM(r.orig_rax), NUM(r.rax));
		r.rax = 7;
		pt(SETREGS, pid, 0, P(&r));
	}
	show("cont", pt(CONT, pid, 0, 0));
	done(pid);
}

static void filtered(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 9), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, 2, &p);
	errno = 0;
	_exit(syscall(SYS_getppid) < 0 ? errno : 99);
}
static void verdict(int options, int request)
{
	pid_t pid = child(filtered);
	char b[800];
	pt(SETOPTIONS, pid, 0, options);
	for (;;) {
		pt(request, pid, 0, 0);
		int st = 0;
		waitpid(pid, &st, __WALL);
		struct user_regs_struct r;
		if (!WIFSTOPPED(st)) {
			status("end", st);
			return;
		}
		pt(GETREGS, pid, 0, P(&r));
		if (r.orig_rax != SYS_getppid)
			continue;
		status("stop", st);
		siginfo("siginfo", pid);
		callinfo("call", pid);
		if (st >> 16 == 7) {
			unsigned long m = 0;
			pt(GETEVENTMSG, pid, 0, P(&m));
			printf("  data %lu\n", m);
			show("filter", pt(GET_FILTER, pid, 0, P(b)));
			show("next filter", pt(GET_FILTER, pid, 1, P(b)));
		}
	}
}
static void verdict_plain(void) { verdict(SYSGOOD, CONT); }
static void verdict_event(void) { verdict(SYSGOOD | TSECCOMP, CONT); }
static void verdict_calls(void) { verdict(SYSGOOD | TSECCOMP, SYSCALL); }

static void exit_stop(void)
{
	pid_t pid = child(sleeper);
	struct user_regs_struct r;
	long v;
	pt(SETOPTIONS, pid, 0, TEXIT);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGTERM);
	await_("signal", pid, 0);
	pt(CONT, pid, 0, SIGTERM);
	await_("exit", pid, 0);
	show("regs", pt(GETREGS, pid, 0, P(&r)));
	show("peek", pt(PEEKDATA, pid, P(&shared), P(&v)));
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	show("cont", pt(CONT, pid, 0, 0));
	await_("end", pid, 0);
}

static void killed_in_stop(void)
{
	pid_t pid = child(sleeper);
	pt(SETOPTIONS, pid, 0, TEXIT);
	kill(pid, SIGKILL);
	await_("exit", pid, 0);
	message("message", pid);
	show("cont", pt(CONT, pid, 0, 0));
	await_("end", pid, 0);
}

struct test event_cases[] = {
	{"event: fork unseen", fork_plain}, {"event: fork", fork_event}, {"event: fork seized", fork_seized},
	{"event: fork all", fork_all}, {"event: vfork", vfork_event}, {"event: vfork seized", vfork_seized},
	{"event: vfork done only", vfork_done}, {"event: clone", clone_event}, {"event: clone seized", clone_seized},
	{"event: exec legacy", exec_plain}, {"event: exec", exec_event}, {"event: exec seized", exec_seized},
	{"event: exec seized with event", exec_seized_event}, {"event: exec by a thread", exec_thread_event}, {"event: exec by a stranger's last thread", stranger_execs},
	{"event: calls", calls_plain}, {"event: calls sysgood", calls_sysgood}, {"event: call changed", call_changed},
	{"event: sysemu", emulated}, {"event: filter without option", verdict_plain}, {"event: filter", verdict_event},
	{"event: filter and calls", verdict_calls}, {"event: exit", exit_stop}, {"event: killed in a stop", killed_in_stop}, {0},
};
