// Two threads; the first calls tick for ever. With an argument it ends after so
// many calls, with exit status 3.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

volatile int n;
void tick(int i) { n = i; }

static void *idle(void *a)
{
	for (;;)
		usleep(20000);
	return a;
}

int main(int argc, char **argv)
{
	int limit = argc > 1 ? atoi(argv[1]) : 0;
	pthread_t t;

	pthread_create(&t, 0, idle, 0);
	for (int i = 1; !limit || i <= limit; i++) {
		tick(i);
		write(1, "", 1);
		usleep(2000);
	}
	return 3;
}
