// The machine: x86_64.

struct action {
	void *handler;
	unsigned long flags;
	void (*restorer)(void);
	unsigned long long mask;
};

#define SA_RESTORER 0x04000000
void restorer(void);

#define SIGINFO_PID 16
#define SIGINFO_VALUE 24
#define UCONTEXT_POINTER 144

static long sys6(long nr, long a, long b, long c, long d, long e, long f) {
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long r;
	__asm__ volatile("syscall"
		: "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		: "rcx", "r11", "memory");
	return r;
}

static void bad_store(void) {
	long at = 16;
	__asm__ volatile("movl $0, (%%rax)" : "+a"(at) : : "memory");
}

// new_thread starts thread_main(arg) as clone(2) of a thread does.
static long new_thread(char *stack, int *slot, void *arg) {
	long *top = (long *)stack - 2;
	register long r10 __asm__("r10") = (long)slot;
	long r;
	top[0] = (long)arg;
	__asm__ volatile(
		"syscall\n"
		"test %%rax, %%rax\n"
		"jnz 1f\n"
		"pop %%rdi\n"
		"call thread_main\n"
		"1:"
		: "=a"(r)
		: "a"(__NR_clone), "D"(NEW_THREAD),
		  "S"(top), "d"(0), "r"(r10)
		: "rcx", "r11", "memory");
	return r;
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\nand $-16, %rsp\ncall begin\n"
	".globl restorer\nrestorer: mov $15, %eax\nsyscall\n");

#define RELAX "pause"
#define BREAKPOINT "int3"
