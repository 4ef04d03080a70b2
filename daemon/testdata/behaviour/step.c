/* Steps and breakpoints. */
#include "table.h"

__attribute__((noinline, noclone)) void target(void) { __asm__ volatile("nop\n\tnop\n\tnop"); }
static void runs(void)
{
	target();
	syscall(SYS_getppid);
	target();
	_exit(9);
}

static int to_target(pid_t pid)
{
	long old, v;
	struct user_regs_struct r;
	int st;
	pt(PEEKTEXT, pid, P(target), P(&old));
	show("plant", pt(POKEDATA, pid, P(target), (old & ~0xffL) | 0xcc));
	pt(CONT, pid, 0, 0);
	st = await_("hit", pid, 0);
	if (!WIFSTOPPED(st))
		return 0;
	siginfo("siginfo", pid);
	pt(GETREGS, pid, 0, P(&r));
	printf("  behind it %lld\n", NUM(r.rip - P(target)));
	pt(PEEKTEXT, pid, P(target), P(&v));
	printf("  an int3 %d\n", (v & 0xff) == 0xcc);
	show("lift", pt(POKEDATA, pid, P(target), old));
	r.rip--;
	pt(SETREGS, pid, 0, P(&r));
	return 1;
}

static void steps(void)
{
	pid_t pid = child(runs);
	struct user_regs_struct r;
	if (!to_target(pid))
		return;
	for (int i = 0; i < 3; i++) {
		show("step", pt(SINGLESTEP, pid, 0, 0));
		await_("stop", pid, 0);
		siginfo("siginfo", pid);
		pt(GETREGS, pid, 0, P(&r));
		printf("  at %lld\n", NUM(r.rip - P(target)));
	}
	pt(CONT, pid, 0, 0);
	await_("end", pid, 0);
}

static void skips(void)
{
	pid_t pid = child(runs);
	if (!to_target(pid))
		return;
	struct user_regs_struct r;
	pt(GETREGS, pid, 0, P(&r));
	printf("  at %lld\n", NUM(r.rip - P(target)));
	show("poke ip", pt(POKEUSER, pid, offsetof(struct user, regs.rip), P(target) + 1));
	pt(SINGLESTEP, pid, 0, 0);
	await_("stop", pid, 0);
	pt(GETREGS, pid, 0, P(&r));
	printf("  at %lld\n", NUM(r.rip - P(target)));
	done(pid);
}

/* at_call reports whether the next instruction makes a call: syscall, sysenter, or int 0x80. */
static int at_call(pid_t pid, unsigned long at)
{
	long v = 0;
	pt(PEEKTEXT, pid, at, P(&v));
	v &= 0xffff;
	return v == 0x050f || v == 0x340f || v == 0x80cd;
}

static void over_call(void)
{
	pid_t pid = child(runs);
	struct user_regs_struct r;
	if (!to_target(pid))
		return;
	int n = 0;
	for (n = 0; n < 200; n++) {
		pt(GETREGS, pid, 0, P(&r));
		if (r.rax == SYS_getppid && at_call(pid, r.rip))
			break;
		pt(SINGLESTEP, pid, 0, 0);
		waitpid(pid, 0, __WALL);
	}
	printf("  at the call %d\n", n < 200);
	unsigned long at = r.rip;
	pt(SINGLESTEP, pid, 0, 0);
	await_("over the call", pid, 0);
	siginfo("siginfo", pid);
	pt(GETREGS, pid, 0, P(&r));
	printf("  moved %lld\n", NUM(r.rip - at));
	done(pid);
}

static void a_handler(int s) { (void)s; }
static void handles(void)
{
	signal(SIGUSR1, a_handler);
	for (;;)
		target();
}
static void into_handler(void)
{
	pid_t pid = child(handles);
	struct user_regs_struct r;
	pt(CONT, pid, 0, 0);
	usleep(20000);
	kill(pid, SIGUSR1);
	await_("signal", pid, 0);
	show("step into it", pt(SINGLESTEP, pid, 0, SIGUSR1));
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	pt(GETREGS, pid, 0, P(&r));
	printf("  at the handler %lld\n", NUM(r.rip - P(a_handler)));
	show("step", pt(SINGLESTEP, pid, 0, 0));
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	done(pid);
}

static void icebp_runs(void) { __asm__ volatile(".byte 0xf1\n\tnop\n\tnop"); }
static void icebp(void)
{
	pid_t pid = child(icebp_runs);
	pt(CONT, pid, 0, 0);
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, 0);
	await_("end", pid, 0);
}

static void two_in_a_row(void)
{
	pid_t pid = child(runs);
	if (!to_target(pid))
		return;
	/* behind the breakpoint that is still there, as a tracer that does not care */
	if (!to_target(pid))
		return;
	pt(CONT, pid, 0, 0);
	await_("end", pid, 0);
}

static void left_in(void)
{
	pid_t pid = child(runs);
	long old;
	pt(PEEKTEXT, pid, P(target), P(&old));
	pt(POKEDATA, pid, P(target), (old & ~0xffL) | 0xcc);
	pt(CONT, pid, 0, 0);
	await_("hit", pid, 0);
	show("cont behind it", pt(CONT, pid, 0, 0));
	await_("hit again", pid, 0);
	pt(CONT, pid, 0, 0);
	await_("end", pid, 0);
}

static void hardware(void)
{
	pid_t pid = child(runs);
	long v = 0;
	show("address", pt(POKEUSER, pid, offsetof(struct user, u_debugreg[0]), P(target)));
	show("control", pt(POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 1));
	pt(CONT, pid, 0, 0);
	await_("stop", pid, 0);
	siginfo("siginfo", pid);
	pt(PEEKUSER, pid, offsetof(struct user, u_debugreg[6]), P(&v));
	printf("  dr6 %lx\n", v & 0xf);
	show("control", pt(POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 0));
	pt(CONT, pid, 0, 0);
	await_("end", pid, 0);
}

static void execs(void)
{
	execl("/proc/self/exe", "behaviour", "exit", "6", (char *)0);
	_exit(1);
}
static void into_exec(int options)
{
	pid_t pid = child(execs);
	pt(SETOPTIONS, pid, 0, options);
	struct user_regs_struct r;
	int st = 0, n;
	for (n = 0; n < 20000; n++) {
		pt(GETREGS, pid, 0, P(&r));
		if (r.rax == SYS_execve && at_call(pid, r.rip))
			break;
		pt(SINGLESTEP, pid, 0, 0);
		waitpid(pid, &st, __WALL);
	}
	printf("  at the call %d\n", n < 20000);
	for (int i = 0; i < 3; i++) {
		show("step", pt(SINGLESTEP, pid, 0, 0));
		await_("stop", pid, 0);
		siginfo("siginfo", pid);
	}
	done(pid);
}
static void into_exec_legacy(void) { into_exec(0); }
static void into_exec_event(void) { into_exec(TEXEC); }

static void emulated_steps(void)
{
	pid_t pid = child(runs);
	struct user_regs_struct r;
	if (!to_target(pid))
		return;
	pt(SETOPTIONS, pid, 0, SYSGOOD);
	for (int i = 0; i < 300; i++) {
		int st = 0;
		pt(SYSEMU_STEP, pid, 0, 0);
		waitpid(pid, &st, __WALL);
		if (WIFSTOPPED(st) && WSTOPSIG(st) == SIGTRAP)
			continue;
		status("stop", st);
		if (!WIFSTOPPED(st))
			return;
		pt(GETREGS, pid, 0, P(&r));
		printf("  number %lld result %lld\n", NUM(r.orig_rax), NUM(r.rax));
		if (r.orig_rax == SYS_exit_group)
			break;
	}
	done(pid);
}

static void handles_once(void)
{
	signal(SIGUSR1, a_handler);
	signal(SIGTRAP, a_handler);
	runs();
}
/* A signal goes on from a breakpoint that stays planted, at it or behind it. */
static void signal_at_breakpoint(int request, int sig, int back)
{
	pid_t pid = child(handles_once);
	struct user_regs_struct r;
	siginfo_t si;
	long old;
	pt(PEEKTEXT, pid, P(target), P(&old));
	pt(POKEDATA, pid, P(target), (old & ~0xffL) | 0xcc);
	pt(CONT, pid, 0, 0);
	await_("hit", pid, 0);
	pt(GETREGS, pid, 0, P(&r));
	r.rip -= back;
	pt(SETREGS, pid, 0, P(&r));
	show("goes on", pt(request, pid, 0, sig));
	for (int i = 0; i < 3; i++) {
		int st = await_("stop", pid, 0);
		if (!WIFSTOPPED(st))
			return;
		pt(GETSIGINFO, pid, 0, P(&si));
		pt(GETREGS, pid, 0, P(&r));
		printf("  code %d, at the handler %d, at the target %lld\n", si.si_code, r.rip == P(a_handler),
		       NUM(r.rip - P(target) < 8 ? r.rip - P(target) : -1));
		pt(CONT, pid, 0, 0);
	}
	done(pid);
}
static void step_signal_at(void) { signal_at_breakpoint(SINGLESTEP, SIGUSR1, 1); }
static void step_signal_behind(void) { signal_at_breakpoint(SINGLESTEP, SIGUSR1, 0); }
static void cont_signal_at(void) { signal_at_breakpoint(CONT, SIGUSR1, 1); }
static void cont_signal_behind(void) { signal_at_breakpoint(CONT, SIGUSR1, 0); }
static void trap_at(void) { signal_at_breakpoint(CONT, SIGTRAP, 1); }
static void trap_behind(void) { signal_at_breakpoint(CONT, SIGTRAP, 0); }
static void trap_step(void) { signal_at_breakpoint(SINGLESTEP, SIGTRAP, 1); }

/* loads calls a function that stands in a new mapping each time, at one address. */
static void loads(void)
{
	for (int i = 0; i < 3; i++) {
		char *f = mmap(shared, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		memcpy(f, "\x90\xc3", 2);
		raise(SIGUSR1);
		((void (*)(void))f)();
		munmap(f, 4096);
		raise(SIGUSR2);
	}
	_exit(9);
}
/* Breakpoints are not taken away before their text is. */
static void mapped_anew(void)
{
	pid_t pid = child(loads);
	long old;
	for (int i = 0; i < 3; i++) {
		pt(CONT, pid, 0, 0);
		await_("mapped", pid, 0);
		pt(PEEKTEXT, pid, P(shared), P(&old));
		printf("  there is %#lx\n", old & 0xffff);
		if (i != 1) { /* the second one runs as it is */
			show("plant", pt(POKEDATA, pid, P(shared), (old & ~0xffL) | 0xcc));
			pt(CONT, pid, 0, 0);
			await_("hit", pid, 0);
		}
		pt(CONT, pid, 0, 0);
		await_("unmapped", pid, 0);
		show("peek", pt(PEEKTEXT, pid, P(shared), P(&old)));
		show("poke", pt(POKEDATA, pid, P(shared), 0x90c3));
	}
	pt(CONT, pid, 0, 0);
	await_("end", pid, 0);
}

struct test step_cases[] = {
	{"step: one by one", steps}, {"step: over the breakpoint", skips}, {"step: over a call", over_call},
	{"step: into a handler", into_handler}, {"step: icebp", icebp}, {"step: planted twice", two_in_a_row},
	{"step: left in", left_in}, {"step: debug register", hardware}, {"step: into exec", into_exec_legacy},
	{"step: signal at a breakpoint", step_signal_at}, {"step: signal behind a breakpoint", step_signal_behind},
	{"step: cont with a signal at a breakpoint", cont_signal_at}, {"step: cont with a signal behind", cont_signal_behind},
	{"step: cont with its SIGTRAP", trap_at}, {"step: cont with SIGTRAP behind", trap_behind}, {"step: with SIGTRAP", trap_step},
	{"step: into exec with the event", into_exec_event}, {"step: emulated", emulated_steps}, {"step: mapped anew", mapped_anew}, {0},
};
