// The machine: i386.

struct action {
	void *handler;
	unsigned long flags;
	void (*restorer)(void);
	unsigned long long mask;
};

#define SA_RESTORER 0x04000000
void restorer(void);

#define SIGINFO_PID 12
#define SIGINFO_VALUE 20
#define UCONTEXT_POINTER 64

static long sys6(long nr, long a, long b, long c, long d, long e, long f) {
	long r, in[2] = {f, nr};
	__asm__ volatile("push %%ebp\nmov (%%eax), %%ebp\nmov 4(%%eax), %%eax\nint $0x80\npop %%ebp"
		: "=a"(r) : "a"(in), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return r;
}

static void bad_store(void) {
	long at = 16;
	__asm__ volatile("movl $0, (%%eax)" : "+a"(at) : : "memory");
}

static long new_thread(char *stack, int *slot, void *arg) {
	long *top = (long *)stack - 4;
	long r;
	top[0] = (long)arg;
	__asm__ volatile(
		"int $0x80\n"
		"test %%eax, %%eax\n"
		"jnz 1f\n"
		"call thread_main\n"
		"1:"
		: "=a"(r) : "a"(__NR_clone), "b"(NEW_THREAD), "c"(top), "d"(0), "S"(0), "D"(slot) : "memory");
	return r;
}

__asm__(".globl _start\n_start: mov %esp, %eax\nand $-16, %esp\nsub $12, %esp\npush %eax\ncall begin\n"
	".globl restorer\nrestorer: mov $173, %eax\nint $0x80\n");

#define RELAX "pause"
#define BREAKPOINT "int3"
