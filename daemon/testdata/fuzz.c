// Random calls of ptrace(2) and waits, reproducible by a seed.
//
//	fuzz one SEED STEPS   one tracer; prints what comes of each call, the same
//	                      on every kernel of ptrace(2)
//	fuzz many SEED MS     several tracers at the same threads for a time, which
//	                      have to run on unharmed afterwards
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <linux/ptrace.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;

static unsigned rnd(unsigned n) // splitmix64
{
	uint64_t z = state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % n;
}

static long pt(long request, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}

#define P(x) ((unsigned long)(x))

static volatile long scratch;
static volatile int handled;
static void handler(int n) { handled += n; }

__attribute__((noinline)) static void work(void) { __asm__ volatile("nop; nop"); }

// waits: tracees wait for their children. It depends on time when they have ended.
static int waits;

// turn is what a tracee does again and again: nothing that depends on time.
static void turn(int i)
{
	sigset_t set;
	int status;

	switch (i % 8) {
	case 0: syscall(SYS_getppid); break;
	case 1: kill(getpid(), SIGUSR1); break;
	case 2: if (write(-1, "", 1) != -1) abort(); break;
	case 3: kill(getpid(), SIGURG); break;
	case 4:
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, 0);
		kill(getpid(), SIGUSR1);
		sigprocmask(SIG_UNBLOCK, &set, 0);
		break;
	case 5: {
		pid_t child = fork();
		if (!child)
			_exit(5);
		while (waits && waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		break;
	}
	case 6: syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR2); break;
	case 7: syscall(12345); break;
	}
	work();
	scratch++;
}

static void prepare(void)
{
	struct sigaction sa = {.sa_handler = handler};
	sigset_t set;

	sigaction(SIGUSR1, &sa, 0);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &sa, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD); // comes when it comes
	sigprocmask(SIG_BLOCK, &set, 0);
	if (!waits)
		signal(SIGCHLD, SIG_IGN);
}

// What resumes, and signals that go with it. None kills a tracee.
static const long resumes[] = {PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_SYSCALL};
static const long signals[] = {0, 0, 0, SIGUSR1, SIGUSR2, SIGURG, SIGCONT};
#define pick(list) list[rnd(sizeof list / sizeof *list)]

static const unsigned options[] = {PTRACE_O_TRACESYSGOOD, PTRACE_O_TRACEFORK, PTRACE_O_TRACECLONE,
	PTRACE_O_TRACEEXIT, PTRACE_O_TRACEVFORK, PTRACE_O_TRACEEXEC, PTRACE_O_TRACEVFORKDONE};

static unsigned someOptions(void) { return pick(options) | pick(options) | pick(options); }

// look makes a request that changes nothing that matters, and says what came of it.
static void look(pid_t pid, char *said, size_t size)
{
	char b[1024];
	struct iovec iov = {b, rnd(400)};
	siginfo_t si = {};
	unsigned long m = 0;
	long r;

	errno = 0;
	switch (rnd(14)) {
	case 0:
		r = pt(PTRACE_GETREGSET, pid, NT_PRSTATUS, P(&iov));
		snprintf(said, size, "GETREGSET %ld %d %zu", r, errno, iov.iov_len);
		return;
	case 1:
		r = pt(PTRACE_GETREGSET, pid, rnd(3000), P(&iov));
		snprintf(said, size, "GETREGSET of any type %ld %d", r, errno);
		return;
	case 2:
		r = pt(PTRACE_GETSIGINFO, pid, 0, P(&si));
		snprintf(said, size, "GETSIGINFO %ld %d signo %d code %#x from %s", r, errno, si.si_signo, si.si_code,
			 r ? "" : si.si_pid == pid ? "itself" : si.si_pid == getpid() ? "us" : "others");
		return;
	case 3:
		r = pt(PTRACE_GETEVENTMSG, pid, 0, P(&m));
		snprintf(said, size, "GETEVENTMSG %ld %d %lu", r, errno, m > 2 ? 1000 : m);
		return;
	case 4: {
		struct ptrace_syscall_info info = {};
		r = pt(PTRACE_GET_SYSCALL_INFO, pid, rnd(120), P(&info));
		snprintf(said, size, "GET_SYSCALL_INFO %ld %d op %d", r, errno, info.op);
		return;
	}
	case 5:
		r = pt(PTRACE_PEEKUSR, pid, offsetof(struct user_regs_struct, orig_rax), P(&m));
		snprintf(said, size, "orig_rax %ld %d %ld", r, errno, m);
		return;
	case 6:
		r = pt(PTRACE_PEEKUSR, pid, rnd(1200), P(&m));
		snprintf(said, size, "PEEKUSER of anything %ld %d", r, errno);
		return;
	case 7:
		r = pt(PTRACE_PEEKDATA, pid, P(&scratch), P(&m));
		snprintf(said, size, "scratch %ld %d %ld", r, errno, m);
		return;
	case 8:
		r = pt(PTRACE_PEEKDATA, pid, rnd(4096), P(&m));
		snprintf(said, size, "PEEKDATA of nothing %ld %d", r, errno);
		return;
	case 9: {
		unsigned o = someOptions();
		r = pt(PTRACE_SETOPTIONS, pid, 0, o);
		snprintf(said, size, "SETOPTIONS %#x %ld %d", o, r, errno);
		return;
	}
	case 10:
		r = pt(PTRACE_SETOPTIONS, pid, 0, 1u << (8 + rnd(12)));
		snprintf(said, size, "SETOPTIONS of nonsense %ld %d", r, errno);
		return;
	case 11:
		r = pt(PTRACE_GETSIGMASK, pid, rnd(2) ? 8 : rnd(16), P(&m));
		snprintf(said, size, "GETSIGMASK %ld %d %#lx", r, errno, m);
		return;
	case 12: {
		long request = 0x4200 + rnd(64);
		if (request != PTRACE_SETREGSET && request != PTRACE_SETSIGINFO && request != PTRACE_SEIZE &&
		    request != PTRACE_INTERRUPT && request != PTRACE_LISTEN && request != PTRACE_SETOPTIONS) {
			r = pt(request, pid, 1, 1);
			snprintf(said, size, "request %#lx %ld %d", request, r, errno);
		}
		return;
	}
	default:
		r = pt(PTRACE_CONT, pid, 0, 65 + rnd(1000));
		snprintf(said, size, "CONT with no signal %ld %d", r, errno);
	}
}

static const char *shown(int status)
{
	static char b[64];

	if (WIFSTOPPED(status))
		snprintf(b, sizeof b, "stopped %#x", (unsigned)status >> 8);
	else
		snprintf(b, sizeof b, "ended %#x", (unsigned)status);
	return b;
}

// newborn lets a child go that came with a fork.
static void newborn(pid_t pid)
{
	unsigned long child = 0;
	int status = 0;

	if (!pt(PTRACE_GETEVENTMSG, pid, 0, P(&child)) && waitpid(child, &status, __WALL) == (pid_t)child)
		printf("child %s, detached %ld\n", shown(status), pt(PTRACE_DETACH, child, 0, 0));
}

// await waits for the tracee, but not for ever: some that it was made to do ends in
// no stop.
static int await(pid_t pid, int *status)
{
	for (int tries = 0; tries < 20000; tries++) {
		pid_t got = waitpid(pid, status, __WALL | WNOHANG);
		if (got)
			return got == pid;
		usleep(tries < 1000 ? 20 : 100);
	}
	printf("nothing happens\n");
	return 0;
}

// harvest kills a tracee, and its children: some may have been attached to with
// their parent, and stop for good when the tracer ends.
static void harvest(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

static int one(int steps)
{
	int how = rnd(3), status, seized = how == 2, gate[2];
	char said[200], b;
	pid_t pid;

	if (pipe(gate) || (pid = fork()) < 0)
		return 1;
	if (!pid) {
		setpgid(0, 0); // see harvest
		prepare();
		close(gate[1]);
		if (how == 0 && pt(PTRACE_TRACEME, 0, 0, 0))
			_exit(1);
		if (read(gate[0], &b, 1) != 0)
			_exit(2);
		raise(SIGUSR1);
		for (int i = 0;; i++)
			turn(i);
	}
	close(gate[0]);
	if (how)
		printf("attached %ld\n", pt(how == 1 ? PTRACE_ATTACH : PTRACE_SEIZE, pid, 0, 0));
	if (seized)
		printf("interrupted %ld\n", pt(PTRACE_INTERRUPT, pid, 0, 0));
	if (how) {
		if (waitpid(pid, &status, __WALL) != pid)
			return 1;
		printf("first %s\n", shown(status));
		// Within its read, if it has come so far: the next stop is in any case.
		pt(PTRACE_CONT, pid, 0, 0);
	}
	close(gate[1]);
	if (waitpid(pid, &status, __WALL) != pid)
		return 1;
	for (int i = 0; i < steps; i++) {
		printf("%s\n", shown(status));
		if (!WIFSTOPPED(status))
			break;
		int event = status >> 16;
		unsigned long message = 0;
		pt(PTRACE_GETEVENTMSG, pid, 0, P(&message));
		int entry = !event && (WSTOPSIG(status) & 0x7f) == SIGTRAP && message == PTRACE_EVENTMSG_SYSCALL_ENTRY;
		if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_VFORK)
			newborn(pid);
		for (int n = rnd(4); n > 0; n--) {
			*said = 0;
			look(pid, said, sizeof said);
			if (*said)
				printf("%s\n", said);
		}
		long request = pick(resumes);
		// Within a call it would cut that short, which is then made again.
		if (seized && rnd(8) == 0 && !entry && (!event || request == PTRACE_SYSCALL))
			printf("INTERRUPT %ld\n", pt(PTRACE_INTERRUPT, pid, 0, 0));
		if (!seized && rnd(16) == 0)
			printf("INTERRUPT of a legacy tracee %ld %d\n", pt(PTRACE_INTERRUPT, pid, 0, 0), errno);
		// At other stops than those of signals, what is sent on comes when the
		// kernel likes.
		long signal = 0;
		if (!event && (WSTOPSIG(status) & 0x7f) != SIGTRAP)
			signal = rnd(2) ? pick(signals) : WSTOPSIG(status);
		errno = 0;
		long r = pt(request, pid, 0, signal);
		printf("resume %ld with %ld: %ld %d\n", request, signal, r, errno);
		fflush(stdout);
		if (!await(pid, &status))
			break;
	}
	harvest(pid);
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		pt(PTRACE_CONT, pid, 0, 0); // PTRACE_EVENT_EXIT
	printf("at last %s\n", shown(status));
	return 0;
}

// The rest is for many tracers.

enum { tracees = 3, tracers = 5 };

static struct shared {
	volatile long turns[tracees];
	volatile int end;
	pid_t threads[tracees][2];
} *shared;

static void *second(void *p)
{
	int number = *(int *)p;

	shared->threads[number][1] = syscall(SYS_gettid);
	while (!shared->end) {
		work();
		usleep(200);
	}
	return 0;
}

static void tracee(int number)
{
	pthread_t t;

	setpgid(0, 0);
	prepare();
	shared->threads[number][0] = getpid();
	if (pthread_create(&t, 0, second, &number))
		_exit(9);
	for (int i = 0; !shared->end; i++) {
		turn(i);
		shared->turns[number]++;
	}
	pthread_join(t, 0);
	_exit(40 + number);
}

// tracer calls whatever comes to its mind, for ever.
static void tracer(void)
{
	char said[200];
	int status;
	unsigned long text;

	alarm(0);
	for (;;) {
		pid_t pid = shared->threads[rnd(tracees)][rnd(2)], got;
		switch (rnd(12)) {
		case 0: pt(PTRACE_ATTACH, pid, 0, 0); break;
		case 1: pt(PTRACE_SEIZE, pid, 0, someOptions()); break;
		case 2: pt(PTRACE_INTERRUPT, pid, 0, 0); break;
		case 3: pt(PTRACE_LISTEN, pid, 0, 0); break;
		case 4: pt(PTRACE_DETACH, pid, 0, 0); break;
		case 5: syscall(SYS_tkill, pid, SIGCONT); break;
		case 6: look(pid, said, sizeof said); break;
		case 7: // a breakpoint, or none
			if (!pt(PTRACE_PEEKTEXT, pid, P(work), P(&text)))
				pt(PTRACE_POKETEXT, pid, P(work), rnd(2) ? (text & ~0xffUL) | 0xcc : text);
			break;
		default:
			got = waitpid(-1, &status, __WALL | WNOHANG);
			if (got <= 0)
				usleep(rnd(300));
			else if (WIFSTOPPED(status)) {
				long signal = status >> 16 || (WSTOPSIG(status) & 0x7f) == SIGTRAP || WSTOPSIG(status) & 0x80 ? 0 : WSTOPSIG(status);
				if (signal == SIGTRAP || signal == SIGSTOP)
					signal = 0;
				pt(pick(resumes), got, 0, signal);
			}
		}
	}
}

static void nap(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static int many(int ms)
{
	pid_t targets[tracees], hunters[tracers];
	int status, bad = 0;
	uint64_t seed = state;

	waits = 1;
	shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < tracees; i++)
		if (!(targets[i] = fork()))
			tracee(i);
	for (int i = 0; i < tracees; i++)
		while (!shared->turns[i] || !shared->threads[i][1])
			nap(1);
	for (int i = 0; i < tracers; i++)
		if (!(hunters[i] = fork())) {
			state = seed + i * 1000003;
			tracer();
		}
	for (int t = 0; t < ms; t += 50) { // one dies now and then
		nap(50);
		int i = rnd(tracers);
		kill(hunters[i], SIGKILL);
		waitpid(hunters[i], &status, 0);
		if (!(hunters[i] = fork())) {
			state = seed + t + i;
			tracer();
		}
	}
	for (int i = 0; i < tracers; i++) {
		kill(hunters[i], SIGKILL);
		waitpid(hunters[i], &status, 0);
	}
	for (int i = 0; i < tracees; i++) {
		long before = shared->turns[i];
		int tries = 0;
		for (; shared->turns[i] <= before + 8 && tries < 20000 && waitpid(targets[i], &status, WNOHANG) == 0; tries++)
			nap(1);
		if (shared->turns[i] <= before + 8) {
			printf("FAIL: tracee %d (%d) does not run on, status %#x\n", i, targets[i], status);
			bad = 1;
		}
	}
	shared->end = 1;
	for (int i = 0; i < tracees; i++) {
		if (bad)
			harvest(targets[i]);
		if (waitpid(targets[i], &status, 0) == targets[i] && status != (40 + i) << 8 && !bad)
			bad = printf("FAIL: tracee %d ended with %#x\n", i, status);
		kill(-targets[i], SIGKILL);
	}
	printf("%ld turns\n", shared->turns[0] + shared->turns[1] + shared->turns[2]);
	return bad != 0;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	state = strtoull(argv[2], 0, 10);
	setvbuf(stdout, 0, _IOFBF, 1 << 16);
	return argv[1][0] == 'o' ? one(atoi(argv[3])) : many(atoi(argv[3]));
}
