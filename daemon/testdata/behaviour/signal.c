/* Signals. */
#include "table.h"

static volatile int caught, code, value;
static void handler(int s, siginfo_t *si, void *u)
{
	(void)u;
	caught = s;
	code = si->si_code;
	value = si->si_value.sival_int;
	shared[0] = s;
	shared[1] = code;
	shared[2] = value;
	shared[3]++;
}

static void handles(void)
{
	struct sigaction a = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	for (int i = 1; i < 65; i++)
		if (i != SIGKILL && i != SIGSTOP && i != 32 && i != 33 && i != SIGALRM)
			sigaction(i, &a, 0);
	sleeper();
}

static void seen(void)
{
	for (int i = 0; i < 100 && !shared[3]; i++)
		usleep(2000);
	printf("  handler: signal %d code %d value %d times %d\n", shared[0], shared[1], shared[2], shared[3]);
	shared[0] = shared[1] = shared[2] = shared[3] = 0;
}

static pid_t handling(void)
{
	pid_t pid = child(handles);
	pt(CONT, pid, 0, 0);
	usleep(50000);
	return pid;
}

static void delivered(void)
{
	pid_t pid = handling();
	kill(pid, SIGUSR1);
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	callinfo("call", pid);
	message("message", pid);
	pt(CONT, pid, 0, SIGUSR1);
	seen();
	kill(pid, SIGUSR1);
	await_("stop", pid, 0);
	pt(CONT, pid, 0, SIGUSR2);
	seen();
	kill(pid, SIGUSR1);
	await_("stop", pid, 0);
	pt(CONT, pid, 0, 0);
	usleep(20000);
	seen();
	done(pid);
}

static void changed(void)
{
	pid_t pid = handling();
	siginfo_t si;
	kill(pid, SIGUSR1);
	await_("stop", pid, 0);
	pt(GETSIGINFO, pid, 0, P(&si));
	si.si_code = 5;
	si.si_value.sival_int = 11;
	show("set", pt(SETSIGINFO, pid, 0, P(&si)));
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, SIGUSR1);
	seen();
	done(pid);
}

static void by_tgkill(void)
{
	pid_t pid = handling();
	show("tgkill", syscall(SYS_tgkill, pid, pid, SIGUSR1));
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, SIGUSR1);
	seen();
	show("tgkill stop", syscall(SYS_tgkill, pid, pid, SIGSTOP));
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, 0);
	show("tkill stop", syscall(SYS_tkill, pid, SIGSTOP));
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	show("tgkill 0", syscall(SYS_tgkill, pid, pid, 0));
	show("tgkill of another group", syscall(SYS_tgkill, getpid(), pid, SIGSTOP));
	done(pid);
}

static void stop_passed_on(void)
{
	pid_t pid = child(sleeper);
	pt(CONT, pid, 0, 0);
	syscall(SYS_tgkill, pid, pid, SIGSTOP);
	await_("stop", pid, 0);
	pt(CONT, pid, 0, SIGSTOP);
	await_("group-stop", pid, 0);
	siginfo("siginfo", pid);
	done(pid);
}

static void queued(void)
{
	pid_t pid = child(handles);
	siginfo_t si[4];
	struct { uint64_t off; uint32_t flags; int32_t nr; } a = { 0, 0, 4 };
	sigset_t set;
	sigfillset(&set);
	show("mask", pt(GETSIGMASK, pid, 8, P(&set)));
	show("mask of 4 bytes", pt(GETSIGMASK, pid, 4, P(&set)));
	uint64_t all = -1ULL;
	show("set mask", pt(SETSIGMASK, pid, 8, P(&all)));
	show("mask", pt(GETSIGMASK, pid, 8, P(&all)));
	printf("  all but two %d\n", all == ~(1ULL << 8 | 1ULL << 18));
	for (int i = 1; i < 4; i++)
		sigqueue(pid, SIGRTMIN + 3, (union sigval){ .sival_int = i });
	show("thread's", pt(PEEKSIGINFO, pid, P(&a), P(si)));
	a.flags = 1;
	show("process's", pt(PEEKSIGINFO, pid, P(&a), P(si)));
	printf("  %d %d %d\n", si[0].si_value.sival_int, si[1].si_value.sival_int, si[2].si_value.sival_int);
	a.off = 2;
	show("from 2", pt(PEEKSIGINFO, pid, P(&a), P(si)));
	a.flags = 4;
	show("bad flags", pt(PEEKSIGINFO, pid, P(&a), P(si)));
	a.flags = 0, a.nr = -1;
	show("bad number", pt(PEEKSIGINFO, pid, P(&a), P(si)));
	all = 0;
	pt(SETSIGMASK, pid, 8, P(&all));
	for (int i = 1; i < 4; i++) {
		pt(CONT, pid, 0, 0);
		int st = await_("stop", pid, 0);
		pt(GETSIGINFO, pid, 0, P(si));
		printf("  signal %d value %d\n", WSTOPSIG(st) - SIGRTMIN, si[0].si_value.sival_int);
	}
	done(pid);
}

static void injected(int request)
{
	pid_t pid = child(handles);
	pt(SETOPTIONS, pid, 0, SYSGOOD);
	pt(CONT, pid, 0, 0);
	usleep(50000);
	kill(pid, SIGWINCH);
	await_("stop", pid, 0);
	pt(SYSCALL, pid, 0, 0);
	await_("stop of the call", pid, 0);
	show("with a signal", pt(request, pid, 0, SIGUSR1));
	await_("next", pid, 0);
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, SIGUSR1);
	seen();
	done(pid);
}
static void injected_cont(void) { injected(CONT); }

static void at_first_stop(void)
{
	pid_t pid = free_(handles);
	usleep(50000);
	pt(ATTACH, pid, 0, 0);
	await_("stop", pid, 0);
	show("cont with a signal", pt(CONT, pid, 0, SIGUSR1));
	seen();
	pt(INTERRUPT, pid, 0, 0);
	done(pid);
}

static void at_interrupt(void)
{
	pid_t pid = free_(handles);
	usleep(50000);
	pt(SEIZE, pid, 0, 0);
	pt(INTERRUPT, pid, 0, 0);
	await_("stop", pid, 0);
	show("cont with a signal", pt(CONT, pid, 0, SIGUSR1));
	usleep(20000);
	seen();
	await_("quiet", pid, WNOHANG);
	done(pid);
}

static void ignored_signal(void)
{
	pid_t pid = child(sleeper);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGCHLD);
	await_("ignored by default", pid, 0);
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, SIGCHLD);
	await_("quiet", pid, WNOHANG);
	done(pid);
}

static void crashes(void) { *(volatile int *)16 = 1; }
static void fault(void)
{
	pid_t pid = child(crashes);
	siginfo_t si;
	pt(CONT, pid, 0, 0);
	await_("stop", pid, 0);
	pt(GETSIGINFO, pid, 0, P(&si));
	printf("  code %d address %p\n", si.si_code, si.si_addr);
	pt(CONT, pid, 0, SIGSEGV);
	await_("end", pid, 0);
}

static void breaks(void) { __asm__ volatile("int3"); }
static void int3(void)
{
	pid_t pid = child(breaks);
	struct user_regs_struct r;
	pt(CONT, pid, 0, 0);
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	pt(GETREGS, pid, 0, P(&r));
	long v;
	pt(PEEKTEXT, pid, r.rip - 1, P(&v));
	printf("  behind an int3 %d\n", (v & 0xff) == 0xcc);
	pt(CONT, pid, 0, 0);
	await_("end", pid, 0);
}

/* goes waits for three stops, and has the thread go on without the signal. */
static void goes(pid_t pid)
{
	for (int i = 0; i < 3; i++) {
		await_("stop", pid, 0);
		if (i < 2)
			pt(CONT, pid, 0, 0);
	}
}

/* ordered: the queue of a thread comes before that of its process. */
static void ordered(void)
{
	pid_t pid = handling();
	kill(pid, SIGHUP);
	await_("stop", pid, 0);
	kill(pid, SIGUSR1);
	syscall(SYS_tgkill, pid, pid, SIGSTOP);
	kill(pid, SIGUSR2);
	pt(CONT, pid, 0, 0);
	goes(pid);
	syscall(SYS_tgkill, pid, pid, SIGUSR2);
	syscall(SYS_tgkill, pid, pid, SIGSTOP);
	kill(pid, SIGUSR1);
	pt(CONT, pid, 0, 0);
	goes(pid);
	syscall(SYS_tgkill, pid, pid, SIGSTOP);
	pt(CONT, pid, 0, 0);
	await_("stop", pid, 0);
	syscall(SYS_tgkill, pid, pid, SIGUSR2);
	syscall(SYS_tgkill, pid, pid, SIGSTOP);
	kill(pid, SIGUSR1);
	pt(CONT, pid, 0, 0);
	goes(pid);
	done(pid);
}

struct test signal_cases[] = {
	{"signal: delivered", delivered}, {"signal: changed", changed}, {"signal: tgkill", by_tgkill},
	{"signal: stop passed on", stop_passed_on}, {"signal: queued", queued}, {"signal: injected at a call", injected_cont},
	{"signal: at the first stop", at_first_stop}, {"signal: at an interrupt", at_interrupt},
	{"signal: ignored", ignored_signal}, {"signal: fault", fault}, {"signal: int3", int3}, {"signal: order", ordered}, {0},
};
