// The machine: arm64.

struct action {
	void *handler;
	unsigned long flags;
	void (*restorer)(void); // SA_RESTORER is not used: the vdso has one
	unsigned long long mask;
};

#define SIGINFO_PID 16
#define SIGINFO_VALUE 24
#define UCONTEXT_POINTER 184 // x0
#define UCONTEXT_PC 440
#define PC_STAYS 4 // at a breakpoint, of this length

#define RELAX "yield"
#define BREAKPOINT "brk #0"

static inline __attribute__((always_inline)) long sys6(long nr, long a, long b, long c, long d, long e, long f) {
	register long x8 __asm__("x8") = nr, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
		x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

static void bad_store(void) {
	register long x0 __asm__("x0") = 16;
	__asm__ volatile("str wzr, [x0]" : "+r"(x0) : : "memory");
}

// new_thread starts thread_main(arg) as clone(2) of a thread does.
static long new_thread(char *stack, int *slot, void *arg) {
	long *top = (long *)stack - 2;
	register long x8 __asm__("x8") = __NR_clone, x0 __asm__("x0") = NEW_THREAD, x1 __asm__("x1") = (long)top,
		x2 __asm__("x2") = 0, x3 __asm__("x3") = 0, x4 __asm__("x4") = (long)slot;
	top[0] = (long)arg;
	__asm__ volatile(
		"svc #0\n"
		"cbnz x0, 1f\n"
		"ldr x0, [sp], #16\n"
		"bl thread_main\n"
		"1:"
		: "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory", "x30");
	return x0;
}

__asm__(".globl _start\n_start: mov x0, sp\nbl begin\n");
