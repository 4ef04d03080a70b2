/* Job control. */
#include "table.h"

static void legacy_group(void)
{
	pid_t pid = child(sleeper);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGTSTP);
	await_("signal", pid, 0);
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, SIGTSTP);
	await_("group-stop", pid, 0);
	siginfo("siginfo", pid);
	show("set siginfo", pt(SETSIGINFO, pid, 0, P(&(siginfo_t){ 0 })));
	show("listen", pt(LISTEN, pid, 0, 0));
	show("cont", pt(CONT, pid, 0, 0));
	await_("runs", pid, WNOHANG);
	kill(pid, SIGUSR1);
	await_("another signal", pid, 0);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGCONT);
	await_("SIGCONT", pid, 0);
	done(pid);
}

static void seized_group(void)
{
	pid_t pid = free_(sleeper);
	pt(SEIZE, pid, 0, 0);
	kill(pid, SIGSTOP);
	await_("signal", pid, 0);
	pt(CONT, pid, 0, SIGSTOP);
	await_("group-stop", pid, 0);
	siginfo("siginfo", pid);
	message("message", pid);
	show("listen", pt(LISTEN, pid, 0, 0));
	show("listen again", pt(LISTEN, pid, 0, 0));
	show("cont while listening", pt(CONT, pid, 0, 0));
	await_("quiet", pid, WNOHANG);
	kill(pid, SIGCONT);
	await_("its end", pid, 0);
	siginfo("siginfo", pid);
	pt(CONT, pid, 0, 0);
	await_("SIGCONT", pid, 0);
	pt(CONT, pid, 0, SIGCONT);
	done(pid);
}

static void seized_leaves(void)
{
	pid_t pid = free_(sleeper);
	pt(SEIZE, pid, 0, 0);
	kill(pid, SIGSTOP);
	await_("signal", pid, 0);
	pt(CONT, pid, 0, SIGSTOP);
	await_("group-stop", pid, 0);
	show("cont", pt(CONT, pid, 0, 0));
	kill(pid, SIGUSR1);
	await_("runs and reports", pid, 0);
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	pt(CONT, pid, 0, 0);
	await_("interrupted", pid, 0);
	done(pid);
}

static void suppressed(void)
{
	pid_t pid = child(sleeper);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGSTOP);
	await_("signal", pid, 0);
	pt(CONT, pid, 0, 0);
	await_("runs", pid, WNOHANG);
	kill(pid, SIGTERM);
	await_("next", pid, 0);
	pt(CONT, pid, 0, SIGSTOP);
	await_("stop in its place", pid, 0);
	siginfo("siginfo", pid);
	done(pid);
}

static void detach_in_group_stop(void)
{
	pid_t pid = free_(sleeper);
	pt(SEIZE, pid, 0, 0);
	kill(pid, SIGSTOP);
	await_("signal", pid, 0);
	pt(CONT, pid, 0, SIGSTOP);
	await_("group-stop", pid, 0);
	show("detach", pt(DETACH, pid, 0, 0));
	await_("stays stopped", pid, WUNTRACED);
	kill(pid, SIGCONT);
	await_("continued", pid, WCONTINUED);
	done(pid);
}

static void killed_stopped(void)
{
	pid_t pid = child(sleeper);
	pt(CONT, pid, 0, 0);
	kill(pid, SIGSTOP);
	await_("signal", pid, 0);
	pt(CONT, pid, 0, SIGSTOP);
	await_("group-stop", pid, 0);
	kill(pid, SIGKILL);
	await_("end", pid, 0);
}

static void listen_interrupt(void)
{
	pid_t pid = free_(sleeper);
	pt(SEIZE, pid, 0, 0);
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	await_("trap", pid, 0);
	show("listen", pt(LISTEN, pid, 0, 0));
	await_("quiet", pid, WNOHANG);
	show("request", pt(CONT, pid, 0, 0));
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	await_("trap", pid, 0);
	show("cont", pt(CONT, pid, 0, 0));
	done(pid);
}

struct test job_cases[] = {
	{"job: legacy", legacy_group}, {"job: seized", seized_group}, {"job: cont out of it", seized_leaves},
	{"job: suppressed", suppressed}, {"job: detach", detach_in_group_stop}, {"job: killed", killed_stopped},
	{"job: listen to a trap", listen_interrupt}, {0},
};
