/*
 * Two functions that threads and then forked children call, and count the calls of;
 * meanwhile another thread spawns programs. It says where the functions are, waits
 * for a line, and says in the end what it counted.
 */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where calls within a program come to: behind the instructions that make r2. */
#ifdef __powerpc64__
#define ENTRY(f) ((long)(f) + 8)
#else
#define ENTRY(f) ((long)(f))
#endif

static atomic_ulong na, nb;
static int threads, rounds, forks;

__attribute__((noinline)) int a(int x) { na++; return x * 3; }
__attribute__((noinline)) int b(int x) { nb++; return x + a(x); }

static void *work(void *arg)
{
	int x = 1;
	for (int i = 0; i < rounds; i++)
		x = i & 1 ? a(x) : b(x);
	return (void *)(long)x;
}

/* Children that share memory until they exec. */
static void *spawn(void *arg)
{
	char *argv[] = {"true", NULL}, *env[] = {NULL};
	for (int i = 0; i < forks; i++) {
		pid_t pid;
		if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, env))
			abort();
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[64], spawner;
	threads = atoi(argv[1]), rounds = atoi(argv[2]), forks = atoi(argv[3]);
	printf("%lx %lx\n", ENTRY(a), ENTRY(b));
	fflush(stdout);
	getchar();
	for (int i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, work, NULL);
	pthread_create(&spawner, NULL, spawn, NULL);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	pthread_join(spawner, NULL);
	unsigned long sum[2] = {na, nb};
	for (int i = 0; i < forks; i++) {
		int fd[2];
		unsigned long child[2];
		if (pipe(fd))
			return 1;
		if (!fork()) {
			na = nb = 0;
			work(NULL);
			child[0] = na, child[1] = nb;
			_exit(write(fd[1], child, sizeof child) != sizeof child);
		}
		if (read(fd[0], child, sizeof child) != sizeof child)
			return 2;
		sum[0] += child[0], sum[1] += child[1];
		wait(NULL);
	}
	printf("%lu %lu\n", sum[0], sum[1]);
	return 0;
}
