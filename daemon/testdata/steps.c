/*
 * Two tracers again and again stop both threads of a program, have one make a step,
 * each another one, and let both go on when the step has ended. The steps do end, and the thread
 * that a tracer has not stepped is for it where it was meanwhile.
 */
#include <linux/ptrace.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	atomic_int ids[2];
} *shared;

static void *spin(void *which)
{
	shared->ids[(long)which] = syscall(SYS_gettid);
	for (;;)
		asm volatile("");
	return which;
}

static void target(void)
{
	pthread_t t;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_create(&t, 0, spin, (void *)1);
	spin(0);
}

static long pt(long request, pid_t tid, long addr, void *data)
{
	return syscall(SYS_ptrace, request, tid, addr, data);
}

static unsigned long long place(pid_t tid)
{
	struct ptrace_syscall_info info = {0};
	pt(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info);
	return info.instruction_pointer;
}

static int tracer(int own)
{
	pid_t step = shared->ids[own], other = shared->ids[!own];
	int st;
	alarm(20); /* a step that does not end */
	for (int i = 0; i < 2; i++)
		if (pt(PTRACE_SEIZE, shared->ids[i], 0, 0))
			return 1;
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 2; i++) {
			pid_t tid = shared->ids[i];
			if (pt(PTRACE_INTERRUPT, tid, 0, 0) || waitpid(tid, &st, __WALL) != tid || st >> 16 != PTRACE_EVENT_STOP)
				return 2;
		}
		unsigned long long before = place(other);
		if (pt(PTRACE_SINGLESTEP, step, 0, 0) || waitpid(step, &st, __WALL) != step || st != (SIGTRAP << 8 | 0x7f))
			return 3;
		if (place(other) != before || before == 0)
			return 4;
		if (pt(PTRACE_CONT, step, 0, 0) || pt(PTRACE_CONT, other, 0, 0))
			return 5;
	}
	return 0;
}

int main(void)
{
	int st, failed = 0;
	shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t program = fork();
	if (program == 0)
		target();
	while (!shared->ids[0] || !shared->ids[1])
		sched_yield();
	for (int i = 0; i < 2; i++)
		if (fork() == 0)
			_exit(tracer(i));
	for (int i = 0; i < 2; i++) {
		wait(&st);
		if (st) {
			printf("a tracer has ended with status %#x\n", st);
			failed = 1;
		}
	}
	kill(program, SIGKILL);
	return failed;
}
