#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
static void *idle(void *x) { pause(); return x; }
int main(int argc, char **argv) {
	struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };
	pthread_t t;
	char c;
	chdir(argv[1]);
	setrlimit(RLIMIT_CORE, &l);
	pthread_create(&t, 0, idle, 0);
	pthread_create(&t, 0, idle, 0);
	write(1, "ready\n", 6);
	read(0, &c, 1);
	abort();
}
