/*
 * Writes to, and reads from, 64 bytes, one instruction each, in threads and forked
 * children, and counts that by place and length.
 *
 * writer THREADS ROUNDS FORKS [compare]: it says where the bytes and the function
 * are that it calls in each round, waits for a line, and in the end says what it
 * counted; with compare also which writes changed something.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Eight bytes, in one instruction also of a program of 32 bits. */
#if defined(__x86_64__) || defined(__i386__)
#define STORE8(p, v) __asm__ volatile ("movq %1, %%xmm0\n\tmovq %%xmm0, %0" : "=m" (*(volatile char (*)[8])p) : "m" (v) : "xmm0")
#define LOAD8(p) __asm__ volatile ("movq %0, %%xmm0" : : "m" (*(volatile char (*)[8])p) : "xmm0")
#else
#define STORE8(p, v) (*(volatile uint64_t *)(p) = (v))
#define LOAD8(p) ((void)*(volatile uint64_t *)(p))
#endif

static volatile unsigned char target[64] __attribute__((aligned(64)));
static struct { unsigned long writes[4][64], reads[4][64], calls, changes; } mine, child;
static int rounds, compare;

/* Where calls within a program come to: behind the instructions that make r2. */
#ifdef __powerpc64__
#define ENTRY(f) ((unsigned long)(f) + 8)
#else
#define ENTRY(f) ((unsigned long)(f))
#endif

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void count(unsigned long *n) { __atomic_fetch_add(n, 1, __ATOMIC_RELAXED); }

static void store(int at, int log, unsigned x)
{
	void *p = (void *)&target[at];
	uint64_t v = x;
	if (compare) {
		pthread_mutex_lock(&lock); /* two changes at a time would be one */
		if (memcmp(p, &v, 1 << log)) /* which reads, too */
			count(&mine.changes);
	}
	switch (log) {
	case 0: *(volatile uint8_t *)p = v; break;
	case 1: *(volatile uint16_t *)p = v; break;
	case 2: *(volatile uint32_t *)p = v; break;
	case 3: STORE8(p, v); break;
	}
	if (compare)
		pthread_mutex_unlock(&lock);
	count(&mine.writes[log][at]);
}

static void load(int at, int log)
{
	void *p = (void *)&target[at];
	switch (log) {
	case 0: (void)*(volatile uint8_t *)p; break;
	case 1: (void)*(volatile uint16_t *)p; break;
	case 2: (void)*(volatile uint32_t *)p; break;
	case 3: LOAD8(p); break;
	}
	count(&mine.reads[log][at]);
}

__attribute__((noinline)) void called(void) { count(&mine.calls); }

static unsigned next(unsigned *x) { return *x = *x * 1664525 + 1013904223; }

static void *work(void *arg)
{
	unsigned x = (unsigned)(long)arg;
	for (int i = 0; i < rounds; i++) {
		int log = next(&x) >> 30, at = (x >> 20) % (64 - (1 << log));
		store(at, log, x);
		log = next(&x) >> 30, at = (x >> 20) % (64 - (1 << log));
		load(at, log);
		called();
	}
	return NULL;
}

static void run(int n, unsigned seed)
{
	pthread_t t[64];
	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, work, (void *)(long)(seed * 100 + i));
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
}

int main(int argc, char **argv)
{
	int threads = atoi(argv[1]), forks = atoi(argv[3]);
	compare = argc > 4;
	rounds = atoi(argv[2]);
	printf("%lx %lx\n", (unsigned long)target, ENTRY(called));
	fflush(stdout);
	getchar();
	run(threads, 1);
	for (int i = 0; i < forks; i++) {
		int fd[2];
		if (pipe(fd))
			return 1;
		if (!fork()) {
			memset(&mine, 0, sizeof mine);
			run(2, i + 2);
			_exit(write(fd[1], &mine, sizeof mine) != sizeof mine);
		}
		if (read(fd[0], &child, sizeof child) != sizeof child)
			return 2;
		for (unsigned j = 0; j < sizeof mine / sizeof (long); j++)
			((unsigned long *)&mine)[j] += ((unsigned long *)&child)[j];
		wait(NULL);
	}
	/* What the kernel writes, no processor notices. */
	int zero = open("/dev/zero", O_RDONLY);
	if (read(zero, (void *)target, 64) != 64)
		return 3;
	for (unsigned j = 0; j < sizeof mine / sizeof (long); j++)
		printf("%lu\n", ((unsigned long *)&mine)[j]);
	return 0;
}
