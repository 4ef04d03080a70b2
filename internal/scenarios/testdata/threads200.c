// 200 threads at a time, which add up.
#include <pthread.h>
#include <stdio.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t b;
static long sum;
static void *add(void *x) {
	pthread_barrier_wait(&b);
	for (int i = 0; i < 20; i++) {
		pthread_mutex_lock(&m);
		sum += (long)x;
		pthread_mutex_unlock(&m);
	}
	return x;
}
int main(void) {
	pthread_t t[200];
	pthread_barrier_init(&b, 0, 200);
	for (long i = 0; i < 200; i++)
		if (pthread_create(&t[i], 0, add, (void *)i))
			return 1;
	for (int i = 0; i < 200; i++)
		pthread_join(t[i], 0);
	printf("%ld\n", sum);
	return 9;
}
