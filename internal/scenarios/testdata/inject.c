#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
static void f(int s) {}
int main(void) {
	sigset_t all;
	char c;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, 0);
	signal(SIGUSR1, f), signal(SIGUSR2, f), signal(SIGTERM, f), signal(40, f);
	kill(getpid(), SIGTERM);
	for (int i = 1; i <= 3; i++)
		sigqueue(getpid(), 40, (union sigval){ i });
	kill(getpid(), SIGUSR1);
	raise(SIGUSR2);
	puts("ready"); fflush(stdout);
	read(0, &c, 1);
	sigprocmask(SIG_UNBLOCK, &all, 0);
}
