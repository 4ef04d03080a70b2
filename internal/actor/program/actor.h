// What actor.c needs from a libc and from the machine.

#include <asm/unistd.h>

#define SA_SIGINFO 4
#define SA_RESTART 0x10000000
#define SI_QUEUE -1
#define SIGINFO_CODE 8

void begin(long *sp);

// CLONE_ of VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, CHILD_CLEARTID.
#define NEW_THREAD 0x250f00

#if defined __x86_64__
#include "x86_64.h"
#elif defined __i386__
#include "i386.h"
#elif defined __aarch64__
#include "arm64.h"
#elif defined __arm__
#include "arm.h"
#elif defined __powerpc64__
#include "ppc64le.h"
#elif defined __riscv
#include "riscv64.h"
#elif defined __s390x__
#include "s390x.h"
#endif

#ifndef SO_RCVTIMEO // as <asm-generic/socket.h> has it
#define SO_RCVTIMEO 20
#endif

#define sys0(nr) sys6(nr, 0, 0, 0, 0, 0, 0)
#define sys1(nr, a) sys6(nr, a, 0, 0, 0, 0, 0)
#define sys2(nr, a, b) sys6(nr, a, b, 0, 0, 0, 0)
#define sys3(nr, a, b, c) sys6(nr, a, b, c, 0, 0, 0)
#define sys4(nr, a, b, c, d) sys6(nr, a, b, c, d, 0, 0)

#include "calls.h"

// The compiler may call these two by itself.
void *memcpy(void *to, const void *from, unsigned long n) {
	for (unsigned long i = 0; i < n; i++)
		((volatile char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *memset(void *to, int c, unsigned long n) {
	for (unsigned long i = 0; i < n; i++)
		((volatile char *)to)[i] = c;
	return to;
}

#define copy(to, from, n) memcpy(to, from, n)

static int length(const char *s) {
	int n = 0;
	while (s[n])
		n++;
	return n;
}

static int equal(const char *a, const char *b) {
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

// begins reports whether s begins with word and a space.
static int begins(const char *s, const char *word) {
	while (*word && *s == *word)
		s++, word++;
	return !*word && *s == ' ';
}

// number reads a space and a number, and leaves *s behind it.
static long number(char **s) {
	char *p = *s + 1;
	long n = 0, sign = 1;
	if (*p == '-')
		sign = -1, p++;
	for (; *p >= '0' && *p <= '9'; p++)
		n = n * 10 + *p - '0';
	*s = p;
	return sign * n;
}

// text is a line that is being put together, for one write.
struct text {
	int n;
	char s[256];
};

static void add_text(struct text *t, const char *s) {
	while (*s && t->n < 255)
		t->s[t->n++] = *s++;
}

static void add_number(struct text *t, long n) {
	char digits[24];
	int i = sizeof digits;
	unsigned long u = n < 0 ? -(unsigned long)n : (unsigned long)n;
	digits[--i] = 0;
	do
		digits[--i] = '0' + u % 10;
	while (u /= 10);
	if (n < 0)
		digits[--i] = '-';
	add_text(t, digits + i);
}

static const char *const signal_names[] = {
	"", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
	"ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
	"VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS", "RTMIN",
};

static void add_signal(struct text *t, int sig) {
	if (sig <= 32) {
		add_text(t, signal_names[sig]);
		return;
	}
	add_text(t, "RTMIN+");
	add_number(t, sig - 32);
}

static void add_result(struct text *t, long r) {
	static const struct { int n; const char *name; } names[] = {
		{1, "EPERM"}, {2, "ENOENT"}, {3, "ESRCH"}, {4, "EINTR"}, {10, "ECHILD"}, {11, "EAGAIN"},
		{14, "EFAULT"}, {22, "EINVAL"}, {38, "ENOSYS"},
	};
	if (r >= 0 || r < -4095) {
		add_number(t, r);
		return;
	}
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].n == -r) {
			add_text(t, names[i].name);
			return;
		}
	add_text(t, "errno ");
	add_number(t, -r);
}

static void print(struct text *t) {
	t->s[t->n++] = '\n';
	sys3(__NR_write, 1, (long)t->s, t->n);
}

static void report(long n) {
	struct text t = {0};
	add_number(&t, n);
	t.s[t.n++] = '\n';
	sys3(__NR_write, 3, (long)t.s, t.n);
}

static void die(const char *why) {
	sys3(__NR_write, 2, (long)"actor: ", 7);
	sys3(__NR_write, 2, (long)why, length(why));
	sys3(__NR_write, 2, (long)"\n", 1);
	sys1(__NR_exit_group, 99);
}
