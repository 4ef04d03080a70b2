/* behaviour prints what ptrace(2) and the waits do in many small cases. Every case
 * runs in a process of its own, which is killed with its children after a while. */
#include "table.h"

pid_t the_child;
char *shared;

const char *errname(int e)
{
	const char *n = strerrorname_np(e);
	return n ? n : "0";
}

void status(const char *what, int st)
{
	if (WIFEXITED(st))
		printf("  %s: exited %d\n", what, WEXITSTATUS(st));
	else if (WIFSIGNALED(st))
		printf("  %s: killed by %s\n", what, sigabbrev_np(WTERMSIG(st)));
	else if (WIFCONTINUED(st))
		printf("  %s: continued\n", what);
	else
		printf("  %s: stopped %#x\n", what, (unsigned)st >> 8);
}

int await_(const char *what, pid_t pid, int options)
{
	int st = 0;
	pid_t got;
	do
		got = waitpid(pid, &st, options | __WALL);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		printf("  %s: %s\n", what, errname(errno));
	else if (got == 0)
		printf("  %s: nothing\n", what);
	else
		status(what, st);
	return st;
}

void siginfo(const char *what, pid_t pid)
{
	siginfo_t si;
	memset(&si, 0x55, sizeof si);
	if (pt(GETSIGINFO, pid, 0, P(&si)) < 0)
		printf("  %s: %s\n", what, errname(errno));
	else
		printf("  %s: signo %d code %#x pid %s uid %d\n", what, si.si_signo, si.si_code,
		       si.si_pid == pid ? "thread" : si.si_pid == getpid() ? "tracer" : si.si_pid ? "other" : "0",
		       si.si_code <= 0 || si.si_code > 6 ? (int)si.si_uid : 0);
}

void message(const char *what, pid_t pid)
{
	unsigned long m = 77;
	if (pt(GETEVENTMSG, pid, 0, P(&m)) < 0)
		printf("  %s: %s\n", what, errname(errno));
	else
		printf("  %s: %s\n", what, m == (unsigned long)pid ? "thread" : m > 1000 ? "id" : m == 0 ? "0" : m == 1 ? "1" : m == 2 ? "2" : "number");
}

void callinfo(const char *what, pid_t pid)
{
	struct ptrace_syscall_info i;
	memset(&i, 0, sizeof i);
	long n = pt(GET_SYSCALL_INFO, pid, sizeof i, P(&i));
	if (n < 0)
		printf("  %s: %s\n", what, errname(errno));
	else if (i.op == 1 || i.op == 3)
		printf("  %s: size %ld op %d arch %x nr %lld\n", what, n, i.op, i.arch, (long long)i.entry.nr);
	else if (i.op == 2)
		printf("  %s: size %ld op 2 arch %x %s%d\n", what, n, i.arch, i.exit.is_error ? "error " : "", i.exit.is_error ? (int)i.exit.rval : 0);
	else
		printf("  %s: size %ld op %d\n", what, n, i.op);
}

void sleeper(void)
{
	for (;;)
		pause();
}

pid_t child(void (*f)(void))
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pt(TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		f();
		_exit(0);
	}
	the_child = pid;
	await_("child", pid, 0);
	return pid;
}

pid_t free_(void (*f)(void))
{
	fflush(stdout);
	int fd[2];
	char c;
	if (pipe(fd))
		abort();
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(fd[1], "", 1) != 1)
			abort();
		close(fd[0]);
		close(fd[1]);
		f();
		_exit(0);
	}
	if (read(fd[0], &c, 1) != 1)
		abort();
	close(fd[0]);
	close(fd[1]);
	return pid;
}

void done(pid_t pid)
{
	kill(pid, SIGKILL);
	int st;
	while (waitpid(pid, &st, __WALL) == pid && !WIFEXITED(st) && !WIFSIGNALED(st))
		;
}

/* one runs a case, or the one of a family that has this number. */
static void one(const char *name, void (*run)(void), void (*member)(int), int number)
{
	printf("%s\n", name);
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		alarm(10);
		setpgid(0, 0);
		if (run)
			run();
		else
			member(number);
		fflush(stdout);
		_exit(0);
	}
	int st;
	while (waitpid(pid, &st, 0) < 0)
		;
	if (!WIFEXITED(st) || WEXITSTATUS(st))
		status("END", st);
	kill(-pid, SIGKILL);
}

int main(int argc, char **argv)
{
	struct family *families[] = { &quiet_family, &resume_family, &waits_family };
	struct test *tables[] = { attach_cases, request_cases, event_cases, wait_cases, job_cases, signal_cases, step_cases, seccomp_cases };
	if (argc > 1 && !strcmp(argv[1], "exit"))
		return argc > 2 ? atoi(argv[2]) : 0;
	setvbuf(stdout, 0, _IOFBF, 1 << 20);
	shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (unsigned i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct test *t = tables[i]; t->name; t++)
			if (argc < 2 || !strncmp(t->name, argv[1], strlen(argv[1])))
				one(t->name, t->run, 0, 0);
	for (unsigned i = 0; i < sizeof families / sizeof *families; i++)
		for (int n = 0;; n++) {
			char name[100] = "";
			families[i]->name(n, name);
			if (!*name)
				break;
			if (argc < 2 || !strncmp(name, argv[1], strlen(argv[1])))
				one(name, 0, families[i]->run, n);
		}
	fflush(stdout);
	return 0;
}
