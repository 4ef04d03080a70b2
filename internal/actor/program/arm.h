// The machine: 32-bit arm, whose programs some kernels of arm64 run.

struct action {
	void *handler;
	unsigned long flags;
	void (*restorer)(void); // SA_RESTORER is not used: the kernel has one
	unsigned long long mask;
};

#define SIGINFO_PID 12
#define SIGINFO_VALUE 20
#define UCONTEXT_POINTER 32 // r0
#define UCONTEXT_PC 92
#define PC_STAYS 4 // at a breakpoint, of this length

#define RELAX "yield"
#define BREAKPOINT ".inst 0xe7f001f0" // as the kernel knows it (AARCH32_BREAK_ARM)

static inline __attribute__((always_inline)) long sys6(long nr, long a, long b, long c, long d, long e, long f) {
	register long r7 __asm__("r7") = nr, r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c,
		r3 __asm__("r3") = d, r4 __asm__("r4") = e, r5 __asm__("r5") = f;
	__asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
	return r0;
}

static void bad_store(void) {
	register long r0 __asm__("r0") = 16;
	__asm__ volatile("str r0, [r0]" : "+r"(r0) : : "memory");
}

// new_thread starts thread_main(arg) as clone(2) of a thread does.
static long new_thread(char *stack, int *slot, void *arg) {
	long *top = (long *)stack - 2;
	register long r7 __asm__("r7") = __NR_clone, r0 __asm__("r0") = NEW_THREAD, r1 __asm__("r1") = (long)top,
		r2 __asm__("r2") = 0, r3 __asm__("r3") = 0, r4 __asm__("r4") = (long)slot;
	top[0] = (long)arg;
	__asm__ volatile(
		"svc #0\n"
		"cmp r0, #0\n"
		"bne 1f\n"
		"ldr r0, [sp], #8\n"
		"bl thread_main\n"
		"1:"
		: "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4) : "memory", "lr", "cc");
	return r0;
}

__asm__(".globl _start\n_start: mov r0, sp\nbic sp, sp, #7\nbl begin\n");
