// The program that executes scripts on a real kernel; see doc.go.
//
// It has no libc: what it does to the kernel is what the script says, from the
// first instruction to the last. Each argument is one instruction, as
// Program.Args wrote it. "supervise" as the first argument makes it the parent
// of a second copy of itself, which reports on descriptor 3 what wait(2) says.

#include "actor.h"

enum op {
	GETPPID, GETPID, GETTID, YIELD, WRITE, RESULT, PAUSE, SLEEP, SPIN, READ, AWAIT,
	FORK, VFORK, CLONE3, THREAD, JOIN, EXEC, EXEC32, EXEC64, WAIT, STATUS, HANDLE,
	IGNORE, DEFAULT, BLOCK, UNBLOCK, HANDLED, KILL, TKILL, KILLPARENT, SIGQUEUE,
	SEGV, INT3, EXIT, EXITTHREAD, REPEAT, END,
};

static const char *const op_names[] = {
	"getppid", "getpid", "gettid", "yield", "write", "result", "pause", "sleep", "spin", "read", "await",
	"fork", "vfork", "clone3", "thread", "join", "exec", "exec32", "exec64", "wait", "status", "handle",
	"ignore", "default", "block", "unblock", "handled", "kill", "tkill", "killparent", "sigqueue",
	"segv", "int3", "exit", "exitthread", "repeat", "end", 0,
};

enum { FLAG_RESTART = 1, FLAG_PRINT = 2, FLAG_UNTRACED = 4 };
enum { MAX_INSTRS = 1024, MAX_NESTING = 16, MAX_THREADS = 512, STACK_SIZE = 16384 };

struct instr {
	int op, len;
	long a, b;
	const char *text;
};

// What one thread knows. A child gets a copy.
struct thread {
	int at, depth, slot, status;
	long result;
	struct { int at; long left; } loops[MAX_NESTING];
};

static struct instr code[MAX_INSTRS];
static int code_len;
static char **args, **environment; // as the kernel gave them

static int handled[65];
static unsigned char loud[65]; // handlers that print
static long scratch;

// A thread's stack is free again when the kernel has cleared its slot
// (CLONE_CHILD_CLEARTID): then nothing runs on it.
static int slots[MAX_THREADS];
static char stacks[MAX_THREADS][STACK_SIZE] __attribute__((aligned(64)));

void handler(int sig, char *info, char *context) {
	handled[sig]++;
	if (sig == 11) // let the store that failed succeed
		*(unsigned long *)(context + UCONTEXT_POINTER) = (unsigned long)&scratch;
#ifdef PC_STAYS
	if (sig == 5 && *(int *)(info + SIGINFO_CODE) == 1 /* TRAP_BRKPT */)
		*(unsigned long *)(context + UCONTEXT_PC) += PC_STAYS;
#endif
	if (loud[sig]) {
		struct text t = {0};
		add_text(&t, "got ");
		add_signal(&t, sig);
		add_text(&t, " ");
		add_number(&t, *(int *)(info + SIGINFO_CODE) == SI_QUEUE ? *(int *)(info + SIGINFO_VALUE) : 0);
		print(&t);
	}
}

static void set_action(int sig, void *h, unsigned long flags) {
	struct action act = {h, flags | SA_SIGINFO};
#ifdef SA_RESTORER
	act.flags |= SA_RESTORER;
	act.restorer = restorer;
#endif
	sys4(__NR_rt_sigaction, sig, (long)&act, 0, 8);
}

static void change_mask(int how, int sig) {
	unsigned long long set = 1ULL << (sig - 1);
	sys4(__NR_rt_sigprocmask, how, (long)&set, 0, 8);
}

#include "await.h"

static void print_result(const char *label, long r) {
	struct text t = {0};
	add_text(&t, label);
	add_text(&t, ": ");
	add_result(&t, r);
	print(&t);
}

static void print_status(struct thread *t) {
	struct text s = {0};
	int w = t->status;
	add_text(&s, "child ");
	if (t->result < 0) {
		print_result("wait", t->result);
		return;
	} else if (w == 0xffff) {
		add_text(&s, "continued");
	} else if ((w & 0xff) == 0x7f) {
		add_text(&s, "stopped ");
		add_signal(&s, w >> 8 & 0xff);
	} else if (w & 0x7f) {
		add_text(&s, "killed ");
		add_signal(&s, w & 0x7f);
	} else {
		add_text(&s, "exited ");
		add_number(&s, w >> 8 & 0xff);
	}
	print(&s);
}

static void queue_signal(int sig, long value) {
	char info[128] __attribute__((aligned(8))) = {0};
	long pid = sys0(__NR_getpid);
	*(int *)info = sig;
	*(int *)(info + SIGINFO_CODE) = SI_QUEUE;
	*(int *)(info + SIGINFO_PID) = pid;
	*(int *)(info + SIGINFO_VALUE) = value;
	sys3(__NR_rt_sigqueueinfo, pid, sig, (long)info);
}

// become replaces the program by the block of an exec.
static long become(struct thread *t, struct instr *in) {
	static char path[4096];
	char *next[MAX_INSTRS + 2];
	int n = length(args[0]), is32 = n > 2 && args[0][n - 1] == '2' && args[0][n - 2] == '3';
	copy(path, args[0], n + 1);
	if (in->op == EXEC32 && !is32)
		copy(path + n, "32", 3);
	else if (in->op == EXEC64 && is32)
		path[n - 2] = 0;
	next[0] = path;
	for (int i = 1; i < in->len; i++)
		next[i] = args[1 + t->at + i];
	next[in->len] = 0;
	return sys3(__NR_execve, (long)path, (long)next, (long)environment);
}

static void run(struct thread *t) __attribute__((noreturn));

void thread_main(struct thread *t) {
	struct thread own = *t;
	run(&own);
}

// Nothing but the child uses the stack below this frame while the parent waits.
static __attribute__((noinline)) long do_vfork(struct thread *t) {
	long r = vfork_process();
	if (r == 0) {
		struct thread child = *t;
		child.at++;
		run(&child);
	}
	return r;
}

static long do_fork(struct thread *t, struct instr *in) {
	long r;
	if (in->op == CLONE3) {
		unsigned long long clone_args[11] = {0};
		clone_args[4] = 17; // exit_signal: SIGCHLD
		r = sys2(__NR_clone3, (long)clone_args, sizeof clone_args);
	} else {
		r = fork_process();
	}
	if (r == 0) {
		for (int i = 0; i < MAX_THREADS; i++)
			slots[i] = 0; // those threads are the parent's
		t->slot = -1;
	}
	return r;
}

static long do_thread(struct thread *t) {
	for (int i = 0; i < MAX_THREADS; i++) {
		int none = 0;
		if (!__atomic_compare_exchange_n(&slots[i], &none, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		struct thread *child = (struct thread *)stacks[i];
		*child = *t;
		child->at++;
		child->slot = i;
		long r = new_thread(stacks[i] + STACK_SIZE, &slots[i], child);
		if (r < 0)
			slots[i] = 0;
		return r;
	}
	return -11; // EAGAIN
}

static void join(struct thread *t) {
	for (int i = 0; i < MAX_THREADS; i++) {
		int v;
		while (i != t->slot && (v = __atomic_load_n(&slots[i], __ATOMIC_SEQ_CST)) != 0)
			sys4(__NR_futex, (long)&slots[i], 0 /* FUTEX_WAIT */, v, 0);
	}
}

static void step(struct thread *t) {
	struct instr *in = &code[t->at];
	int next = t->at + 1;
	long r = t->result;
	switch (in->op) {
	case GETPPID: r = sys0(__NR_getppid); break;
	case GETPID: r = sys0(__NR_getpid); break;
	case GETTID: r = sys0(__NR_gettid); break;
	case YIELD: r = sys0(__NR_sched_yield); break;
	case WRITE: r = sys3(__NR_write, in->a, (long)in->text, length(in->text)); break;
	case RESULT: print_result(in->text, r); break;
	case PAUSE: r = do_pause(); break;
	case SLEEP: {
		long ts[2] = {in->a / 1000, in->a % 1000 * 1000000};
		r = sys2(__NR_nanosleep, (long)ts, 0);
		break;
	}
	case SPIN:
		for (volatile long n = 0; in->a <= 0 || n < in->a; n++)
			__asm__ volatile(RELAX);
		break;
	case READ: {
		char c;
		r = sys3(__NR_read, 0, (long)&c, 1);
		break;
	}
	case AWAIT: r = await(in->text); break;
	case FORK:
	case CLONE3:
		r = do_fork(t, in);
		if (r != 0)
			next += in->len;
		break;
	case VFORK:
		r = do_vfork(t);
		next += in->len;
		break;
	case THREAD:
		r = do_thread(t);
		next += in->len;
		break;
	case JOIN: join(t); break;
	case EXEC:
	case EXEC32:
	case EXEC64:
		r = become(t, in);
		next += in->len;
		break;
	case WAIT:
		r = sys4(__NR_wait4, -1, (long)&t->status, in->a & FLAG_UNTRACED ? 2 | 8 : 0, 0);
		break;
	case STATUS: print_status(t); break;
	case HANDLE:
		loud[in->a] = (in->b & FLAG_PRINT) != 0;
		set_action(in->a, handler, in->b & FLAG_RESTART ? SA_RESTART : 0);
		break;
	case IGNORE: set_action(in->a, (void *)1, 0); break;
	case DEFAULT: set_action(in->a, 0, 0); break;
	case BLOCK: change_mask(0, in->a); break;
	case UNBLOCK: change_mask(1, in->a); break;
	case HANDLED: {
		struct text s = {0};
		add_signal(&s, in->a);
		add_text(&s, ": ");
		add_number(&s, handled[in->a]);
		print(&s);
		break;
	}
	case KILL: r = sys2(__NR_kill, sys0(__NR_getpid), in->a); break;
	case TKILL: r = sys3(__NR_tgkill, sys0(__NR_getpid), sys0(__NR_gettid), in->a); break;
	case KILLPARENT: r = sys2(__NR_kill, sys0(__NR_getppid), in->a); break;
	case SIGQUEUE: queue_signal(in->a, in->b); break;
	case SEGV: bad_store(); break;
	case INT3: __asm__ volatile(BREAKPOINT); break;
	case EXIT: sys1(__NR_exit_group, in->a); break;
	case EXITTHREAD: sys1(__NR_exit, in->a); break;
	case REPEAT:
		if (in->a <= 0)
			next += in->len;
		else if (t->depth == MAX_NESTING)
			die("blocks are nested too deeply");
		else {
			t->loops[t->depth].at = t->at;
			t->loops[t->depth++].left = in->a;
		}
		break;
	case END:
		if (in->a != REPEAT + 1) // the Go numbers begin at 1
			sys1(in->a == THREAD + 1 ? __NR_exit : __NR_exit_group, 0);
		else if (--t->loops[t->depth - 1].left > 0)
			next = t->at - in->len + 1;
		else
			t->depth--;
		break;
	}
	t->result = r;
	t->at = next;
}

static void run(struct thread *t) {
	while (t->at < code_len)
		step(t);
	for (;;)
		sys1(__NR_exit_group, 0);
}

static void load(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		struct instr *in = &code[code_len++];
		char *s = argv[i];
		if (code_len == MAX_INSTRS)
			die("the script is too long");
		while (op_names[in->op] && !begins(s, op_names[in->op]))
			in->op++;
		if (!op_names[in->op])
			die(s);
		s += length(op_names[in->op]);
		in->a = number(&s);
		in->b = number(&s);
		in->len = number(&s);
		in->text = s + 1;
	}
}

// supervise reports the pid of the script's process and each change of its
// state, one number a line.
static void supervise(void) {
	long pid = fork_process();
	if (pid == 0) {
		sys1(__NR_close, 3);
		return;
	}
	sys1(__NR_close, 0);
	report(pid);
	for (;;) {
		int status;
		if (sys4(__NR_wait4, pid, (long)&status, 2 | 8, 0) != pid)
			continue;
		report(status);
		if ((status & 0xff) != 0x7f && status != 0xffff) {
			sys3(__NR_write, 1, (long)"", 1); // a NUL: all was written before
			sys1(__NR_exit_group, 0);
		}
	}
}

void begin(long *sp) {
	int argc = sp[0];
	args = (char **)(sp + 1);
	environment = args + argc + 1;
	if (argc > 1 && equal(args[1], "supervise")) {
		supervise();
		args[1] = args[0];
		args++;
		argc--;
	}
	load(argc, args);
	static struct thread first;
	first.slot = -1;
	run(&first);
}
