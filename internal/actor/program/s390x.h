// The machine: s390x. clone(2) takes its arguments in another order.

struct action {
	void *handler;
	unsigned long flags;
	void (*restorer)(void); // SA_RESTORER is not used: the kernel has one
	unsigned long long mask;
};

#define SIGINFO_PID 16
#define SIGINFO_VALUE 24
#define UCONTEXT_POINTER (40 + 16 + 1 * 8) // gpr 1

#define RELAX "nop"
#define BREAKPOINT ".short 1"

static inline __attribute__((always_inline)) long sys6(long nr, long a, long b, long c, long d, long e, long f) {
	register long r1 __asm__("1") = nr, r2 __asm__("2") = a, r3 __asm__("3") = b, r4 __asm__("4") = c,
		r5 __asm__("5") = d, r6 __asm__("6") = e, r7 __asm__("7") = f;
	__asm__ volatile("svc 0" : "+d"(r2) : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7) : "memory", "cc");
	return r2;
}

static void bad_store(void) {
	register long r1 __asm__("1") = 16;
	__asm__ volatile("st 1, 0(1)" : "+a"(r1) : : "memory");
}

// new_thread starts thread_main(arg) as clone(2) of a thread does.
static long new_thread(char *stack, int *slot, void *arg) {
	long *top = (long *)(stack - 256);
	register long r1 __asm__("1") = __NR_clone, r2 __asm__("2") = (long)top, r3 __asm__("3") = NEW_THREAD,
		r4 __asm__("4") = 0, r5 __asm__("5") = (long)slot, r6 __asm__("6") = 0;
	top[0] = 0;
	top[24] = (long)arg;
	__asm__ volatile(
		"svc 0\n"
		"ltgr 2, 2\n"
		"jne 1f\n"
		"lg 2, 192(15)\n"
		"brasl 14, thread_main\n"
		"1:"
		: "+d"(r2) : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6) : "memory", "cc", "14");
	return r2;
}

__asm__(".globl _start\n_start: lgr 2, 15\nnill 15, 0xfff8\naghi 15, -160\nbrasl 14, begin\n");
