// The machine: ppc64le. A failed call says so in the condition register.

struct action {
	void *handler;
	unsigned long flags;
	unsigned long long mask;
};

#define SIGINFO_PID 16
#define SIGINFO_VALUE 24
#define UCONTEXT_POINTER (168 + 64 + 3 * 8) // gpr 3 of gp_regs in uc_mcontext
#define UCONTEXT_PC (168 + 64 + 32 * 8)
#define PC_STAYS 4 // at a breakpoint, of this length
#define SO_RCVTIMEO 18

#define RELAX "or 1, 1, 1"
#define BREAKPOINT "trap"

static inline __attribute__((always_inline)) long sys6(long nr, long a, long b, long c, long d, long e, long f) {
	register long r0 __asm__("r0") = nr, r3 __asm__("r3") = a, r4 __asm__("r4") = b, r5 __asm__("r5") = c,
		r6 __asm__("r6") = d, r7 __asm__("r7") = e, r8 __asm__("r8") = f;
	__asm__ volatile("sc\nbns+ 1f\nneg 3, 3\n1:"
		: "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
		: : "r9", "r10", "r11", "r12", "cr0", "ctr", "memory");
	return r3;
}

static void bad_store(void) {
	register long r3 __asm__("r3") = 16;
	__asm__ volatile("stw 3, 0(3)" : "+r"(r3) : : "memory");
}

// new_thread starts thread_main(arg) as clone(2) of a thread does.
static long new_thread(char *stack, int *slot, void *arg) {
	long *top = (long *)stack - 16;
	register long r0 __asm__("r0") = __NR_clone, r3 __asm__("r3") = NEW_THREAD, r4 __asm__("r4") = (long)top,
		r5 __asm__("r5") = 0, r6 __asm__("r6") = 0, r7 __asm__("r7") = (long)slot;
	top[0] = 0;
	top[8] = (long)arg;
	__asm__ volatile(
		"sc\n"
		"bns+ 1f\n"
		"neg 3, 3\n"
		"b 2f\n"
		"1: cmpdi 3, 0\n"
		"bne 2f\n"
		"ld 3, 64(1)\n"
		"bl thread_main\n"
		"nop\n"
		"2:"
		: "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
		: : "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "lr", "memory");
	return r3;
}

__asm__(".globl _start\n_start: mr 3, 1\nclrrdi 1, 1, 4\nstdu 1, -64(1)\n"
	"lis 2, .TOC.@highest\nori 2, 2, .TOC.@higher\nrldicr 2, 2, 32, 31\noris 2, 2, .TOC.@h\nori 2, 2, .TOC.@l\n"
	"bl begin\nnop\n");
