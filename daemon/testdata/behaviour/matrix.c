/* Every request in every state. */
#include "table.h"

static char buffer[8192], info[128];
static struct iovec vector;
static long word;

/* Requests that leave the thread where it is, in this order: what one reads the next
 * one writes back. */
static const struct { const char *name; long request; unsigned long addr; void *data; } quiet[] = {
	{"peek text", PEEKTEXT, P(&word), &word}, {"peek data", PEEKDATA, P(&word), &word}, {"peek user", PEEKUSER, 0, &word},
	{"poke data", POKEDATA, P(&word), 0}, {"getregs", GETREGS, 0, buffer}, {"setregs", SETREGS, 0, buffer},
	{"getfpregs", GETFPREGS, 0, buffer}, {"setfpregs", 15, 0, buffer}, {"getfpxregs", 18, 0, buffer}, {"setfpxregs", 19, 0, buffer},
	{"getregset", GETREGSET, NT_PRSTATUS, &vector}, {"setregset", SETREGSET, NT_PRSTATUS, &vector},
	{"get fp regset", GETREGSET, NT_PRFPREG, &vector}, {"set fp regset", SETREGSET, NT_PRFPREG, &vector},
	{"regset of no kind", GETREGSET, 4711, &vector},
	{"getsiginfo", GETSIGINFO, 0, info}, {"setsiginfo", SETSIGINFO, 0, info},
	{"getsigmask", GETSIGMASK, 8, buffer}, {"setsigmask", SETSIGMASK, 8, buffer}, {"setsigmask of 4", SETSIGMASK, 4, buffer},
	{"geteventmsg", GETEVENTMSG, 0, &word}, {"bad options", SETOPTIONS, 0, (void *)(1L << 12)},
	{"get syscall info", GET_SYSCALL_INFO, sizeof buffer, buffer}, {"set syscall info", SET_SYSCALL_INFO, 88, buffer},
	{"short syscall info", GET_SYSCALL_INFO, 8, buffer}, {"rseq", GET_RSEQ, 24, buffer}, {"rseq of 8", GET_RSEQ, 8, buffer},
	{"get dispatch", GET_DISPATCH, 32, buffer}, {"set dispatch", SET_DISPATCH, 32, buffer},
	{"filter", GET_FILTER, 0, buffer}, {"thread area", 25, 12, buffer}, {"no thread area", 25, 99, buffer},
	{"arch_prctl", 30, P(&word), (void *)ARCH_GET_GS}, {"old options", 21, 0, 0}, {"unknown", 0x4300, 0, 0},
	{"attach", ATTACH, 0, 0}, {"seize", SEIZE, 0, 0}, {"traceme", 0x7fff0000, 0, 0}, {0},
};

static void quiet_name(int n, char *name)
{
	for (int i = 0; i <= n; i++)
		if (!states[i].name)
			return;
	sprintf(name, "matrix: %s", states[n].name);
}

/* moves reports whether a thread in that state may stop by itself. */
static int moves(const struct state *s) { return !strcmp(s->name, "running") || !strcmp(s->name, "listening"); }

static void quiet_run(int n)
{
	if (pipe(gate))
		abort();
	pid_t pid = states[n].enter();
	int free = !strcmp(states[n].name, "another's") || !strcmp(states[n].name, "never traced") || !strcmp(states[n].name, "detached");
	for (int i = 0; quiet[i].name; i++) {
		if (free && (quiet[i].request == ATTACH || quiet[i].request == SEIZE))
			continue; /* that would succeed: virtually another's, too */
		if (quiet[i].request == GETREGSET)
			vector = (struct iovec){ buffer, sizeof buffer };
		show(quiet[i].name, pt(quiet[i].request, pid, quiet[i].addr, P(quiet[i].data)));
	}
	struct { uint64_t off; uint32_t flags; int32_t nr; } peek = { 0, 0, 1 };
	show("peeksiginfo", pt(PEEKSIGINFO, pid, P(&peek), P(buffer)));
	peek.flags = 1;
	show("of the process", pt(PEEKSIGINFO, pid, P(&peek), P(buffer)));
	peek.nr = 0;
	show("none", pt(PEEKSIGINFO, pid, P(&peek), P(buffer)));
	peek.flags = 2;
	show("unknown flags", pt(PEEKSIGINFO, pid, P(&peek), P(buffer)));
	if (!moves(&states[n]))
		show("nothing new", waitpid(pid, 0, WNOHANG | __WALL) > 0);
}
struct family quiet_family = { quiet_name, quiet_run };

/* Requests that have it go on, or stop, or end; with a signal or without. */
static const struct { const char *name; long request; int sig; } resume[] = {
	{"cont", CONT, 0}, {"cont with a signal", CONT, SIGUSR1}, {"cont with signal 65", CONT, 65},
	{"syscall", SYSCALL, 0}, {"syscall with a signal", SYSCALL, SIGURG},
	{"step", SINGLESTEP, 0}, {"step with a signal", SINGLESTEP, SIGURG}, {"block", SINGLEBLOCK, 0},
	{"sysemu", SYSEMU, 0}, {"sysemu step", SYSEMU_STEP, 0}, {"detach", DETACH, 0}, {"detach with a signal", DETACH, SIGUSR1},
	{"listen", LISTEN, 0}, {"interrupt", INTERRUPT, 0}, {"kill", KILL, 0},
};
enum { resumes = sizeof resume / sizeof *resume };

static void resume_name(int n, char *name)
{
	for (int i = 0; i <= n / resumes; i++)
		if (!states[i].name)
			return;
	sprintf(name, "resume: %s, %s", states[n / resumes].name, resume[n % resumes].name);
}

/* next shows what becomes of the thread. */
static int next(pid_t pid)
{
	int st = await_("next", pid, 0);
	if (!WIFSTOPPED(st))
		return 0;
	siginfo("siginfo", pid);
	message("message", pid);
	callinfo("call", pid);
	return 1;
}

static void resume_run(int n)
{
	if (pipe(gate))
		abort();
	pid_t pid = states[n / resumes].enter();
	long request = resume[n % resumes].request;
	long r = pt(request, pid, 0, resume[n % resumes].sig);
	printf("  %s\n", r < 0 ? errname(errno) : "done");
	if (r < 0)
		return;
	if (request == LISTEN) {
		show("request", pt(CONT, pid, 0, 0));
		show("interrupt", pt(INTERRUPT, pid, 0, 0));
	}
	if (request == INTERRUPT && !moves(&states[n / resumes]))
		show("cont", pt(CONT, pid, 0, 0));
	if (request == KILL)
		pt(CONT, pid, 0, 0); /* what exits is not killed any more */
	if (request == DETACH)
		kill(pid, SIGCONT);
	for (int i = 0; i < 2; i++) {
		/* The gate opens: who slept behind it goes on. An interrupt finds it asleep. */
		if (i == (request == INTERRUPT) && write(gate[1], "", 1) != 1)
			abort();
		if (!next(pid))
			return;
		show("cont", pt(CONT, pid, 0, 0));
	}
}
struct family resume_family = { resume_name, resume_run };
