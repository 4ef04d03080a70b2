// Sleeps in the call that is named, and says for how long.
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv) {
	struct timespec a, b, d = { 0, 600000000 };
	struct timeval tv = { 0, 600000 };
	char c;
	puts("ready"); fflush(stdout);
	read(0, &c, 1);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (!strcmp(argv[1], "nanosleep")) nanosleep(&d, 0);
	if (!strcmp(argv[1], "clock_nanosleep")) clock_nanosleep(CLOCK_MONOTONIC, 0, &d, 0);
	if (!strcmp(argv[1], "poll")) poll(0, 0, 600);
	if (!strcmp(argv[1], "ppoll")) ppoll(0, 0, &d, 0);
	if (!strcmp(argv[1], "select")) select(0, 0, 0, 0, &tv);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("took %ld\n", (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000);
}
