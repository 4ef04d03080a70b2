/*
 * Threads that call a function whose first instruction writes a variable.
 *
 * poker THREADS ROUNDS: it says where the variable and the function are, and waits
 * for a line.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int target, rounds;
#ifdef __i386__ /* the argument is in ecx; no code is shared here, so addresses may stand in it */
__attribute__((fastcall)) void poke(int);
__asm__ (".text\n.globl poke\npoke: movl %ecx, target\nret\n");
#else
void poke(int);
__asm__ (".text\n.globl poke\npoke: movl %edi, target(%rip)\nret\n");
#endif

static void *work(void *arg)
{
	for (int i = 1; i <= rounds; i++)
		poke(i);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[4];
	int threads = atoi(argv[1]);
	rounds = atoi(argv[2]);
	printf("%lx %lx\n", (long)&target, (long)poke);
	fflush(stdout);
	getchar();
	for (int i = 0; i < threads; i++)
		pthread_create(&t[i], NULL, work, NULL);
	for (int i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	return 0;
}
