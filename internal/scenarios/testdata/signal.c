#include <signal.h>
#include <stdio.h>
#include <unistd.h>
static void f(int s) {}
int main(void) {
	struct sigaction a = { .sa_handler = f, .sa_flags = SA_RESETHAND }, now;
	char c;
	signal(SIGUSR2, f);
	sigaction(SIGUSR1, &a, 0);
	puts("ready"); fflush(stdout);
	read(0, &c, 1);
	for (int i = 0; i < 3; i++) {
		raise(SIGUSR1);
		sigaction(SIGUSR1, 0, &now);
		printf("%s ", now.sa_handler == f ? "set" : "reset");
	}
	puts("");
}
