// An exec by a thread that is not the leader, while others run.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *spin(void *x) { for (;;) sched_yield(); }
static void *run(void *x) { execlp("sh", "sh", "-c", "echo from a thread; exit 5", NULL); return x; }
int main(void) {
	pthread_t t;
	pthread_create(&t, 0, spin, 0);
	pthread_create(&t, 0, spin, 0);
	pthread_create(&t, 0, run, 0);
	for (;;) pause();
}
