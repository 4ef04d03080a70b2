// The machine: riscv64.

struct action {
	void *handler;
	unsigned long flags;
	unsigned long long mask;
};

#define SIGINFO_PID 16
#define SIGINFO_VALUE 24
#define UCONTEXT_POINTER (176 + 10 * 8) // a0
#define UCONTEXT_PC 176
#define PC_STAYS 4 // at a breakpoint, of this length

#define RELAX "nop"
#define BREAKPOINT ".option push\n.option norvc\nebreak\n.option pop"

static inline __attribute__((always_inline)) long sys6(long nr, long a, long b, long c, long d, long e, long f) {
	register long a7 __asm__("a7") = nr, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
		a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
	return a0;
}

static void bad_store(void) {
	register long a0 __asm__("a0") = 16;
	__asm__ volatile("sw zero, 0(a0)" : "+r"(a0) : : "memory");
}

// new_thread starts thread_main(arg) as clone(2) of a thread does.
static long new_thread(char *stack, int *slot, void *arg) {
	long *top = (long *)stack - 2;
	register long a7 __asm__("a7") = __NR_clone, a0 __asm__("a0") = NEW_THREAD, a1 __asm__("a1") = (long)top,
		a2 __asm__("a2") = 0, a3 __asm__("a3") = 0, a4 __asm__("a4") = (long)slot;
	top[0] = (long)arg;
	__asm__ volatile(
		"ecall\n"
		"bnez a0, 1f\n"
		"ld a0, 0(sp)\n"
		"call thread_main\n"
		"1:"
		: "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory", "ra");
	return a0;
}

__asm__(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
	"mv a0, sp\nandi sp, sp, -16\ncall begin\n");
