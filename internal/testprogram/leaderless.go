package testprogram

// Leaderless is a program in C, for -pthread, whose first thread ends while another one
// lives on and says "alone".
const Leaderless = `
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static pthread_t first;
static void *second(void *arg)
{
	pthread_join(first, NULL);
	puts("alone");
	fflush(stdout);
	for (;;)
		pause();
	return arg;
}
int main(void)
{
	pthread_t t;
	first = pthread_self();
	pthread_create(&t, NULL, second, NULL);
	pthread_exit(NULL);
}
`
