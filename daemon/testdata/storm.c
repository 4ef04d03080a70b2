// A tracer into which a timer sends signals all the time, so that answers to its
// calls get lost. It counts what it sees: nothing is to be missing, or there twice.
// With a second argument it also has a thread that may take the signals, and a handler
// for SIGCHLD.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int ticks;
static void tick(int sig) { ticks++; }

static void must(long result, const char *what)
{
	if (result < 0) {
		printf("%s: %s\n", what, strerror(errno));
		exit(1);
	}
}

// stopped waits for a stop, and returns its signal.
static int stopped(pid_t pid)
{
	int status;
	pid_t got = waitpid(pid, &status, __WALL);

	must(got, "waitpid");
	if (got != pid || !WIFSTOPPED(status)) {
		printf("waitpid gives %d, status %#x\n", got == pid, status);
		exit(1);
	}
	return WSTOPSIG(status);
}

// follow counts the stops of a child that makes n calls.
static void follow(int n)
{
	int stops = 0, other = 0, status;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGUSR1, SIG_IGN);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		for (int i = 0; i < n; i++) {
			syscall(SYS_getppid);
			if (i % 10 == 0)
				raise(SIGUSR1);
		}
		_exit(7);
	}
	stopped(pid);
	must(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD), "options");
	for (long sig = 0;;) {
		must(ptrace(PTRACE_SYSCALL, pid, 0, sig), "PTRACE_SYSCALL");
		must(waitpid(pid, &status, __WALL), "waitpid");
		if (!WIFSTOPPED(status))
			break;
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			stops++;
			sig = 0;
		} else {
			other++;
		}
	}
	printf("%d stops at calls, %d signals, status %#x\n", stops, other, status);
}

// visit attaches to a child again and again, and lets it go.
static void visit(int n)
{
	pid_t pid = fork();
	int status, other = 0;

	if (!pid)
		for (;;)
			pause();
	for (int i = 0; i < n; i++) {
		int seize = i % 2;

		must(ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, pid, 0, 0), "attach");
		if (seize)
			must(ptrace(PTRACE_INTERRUPT, pid, 0, 0), "interrupt");
		other += stopped(pid) != (seize ? SIGTRAP : SIGSTOP);
		must(ptrace(PTRACE_DETACH, pid, 0, 0), "detach");
	}
	must(kill(pid, SIGKILL), "kill");
	must(waitpid(pid, &status, 0), "waitpid");
	printf("%d visits, %d stops of another kind, status %#x\n", n, other, status);
}

static void *idle(void *unused)
{
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	struct sigaction a = { .sa_handler = tick, .sa_flags = SA_RESTART };
	struct itimerval v = { { 0, 300 }, { 0, 300 } };
	int n = atoi(argv[1]);
	pthread_t thread;

	sigaction(SIGALRM, &a, 0);
	if (argc > 2) {
		sigaction(SIGCHLD, &a, 0);
		if (pthread_create(&thread, 0, idle, 0))
			abort();
	}
	setitimer(ITIMER_REAL, &v, 0);
	follow(n);
	visit(n / 5);
	if (!ticks)
		printf("there was no storm\n");
	return 0;
}
