/* Threads that call a function for ever, until somebody sets stop. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

volatile int stop, calls, handled;
volatile long watched;
char pattern[64] = "needle in a haystack";

__attribute__((noinline)) int f(int x)
{
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
	return x + 1;
}

__attribute__((noinline)) int g(int x)
{
	watched = x;
	return x;
}

void handler(int signal)
{
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	for (int i = 0; !stop; i = f(i)) {
		g(i);
		usleep(1000);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t[1000];
	int n = argc > 1 ? atoi(argv[1]) : 2;
	signal(SIGUSR1, handler);
	for (int i = 0; i < n; i++)
		pthread_create(&t[i], NULL, work, NULL);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	return 7;
}
