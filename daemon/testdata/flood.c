// Makes calls of ptrace(2) in so many threads, each as fast as it can, for so many
// milliseconds, and prints how many calls were answered.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

static atomic_long calls;
static atomic_int end;

static void *flood(void *arg)
{
	while (!end) {
		if (ptrace(PTRACE_CONT, 1, 0, 0) != -1 || errno != ESRCH)
			exit(1);
		calls++;
	}
	return arg;
}

int main(int argc, char **argv)
{
	int threads = atoi(argv[1]), ms = atoi(argv[2]);
	pthread_t t[64];

	for (int i = 0; i < threads && i < 64; i++)
		if (pthread_create(&t[i], 0, flood, 0))
			return 2;
	usleep(ms * 1000);
	end = 1;
	for (int i = 0; i < threads && i < 64; i++)
		pthread_join(t[i], 0);
	printf("%ld\n", (long)calls);
	return argc != 3;
}
