/*
 * A program whose second thread gives its debug registers to perf_event_open(2).
 */
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int target, elsewhere[4];

static void *work(void *arg)
{
	for (int i = 0; i < 4; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_BREAKPOINT, .size = sizeof attr, .bp_type = HW_BREAKPOINT_W,
			.bp_addr = (uintptr_t)&elsewhere[i], .bp_len = 4, .exclude_kernel = 1,
		};
		if (syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) < 0) {
			perror("perf_event_open");
			exit(1);
		}
	}
	printf("%lx %lx\n", (long)&target, (long)work);
	fflush(stdout);
	getchar();
	for (int i = 0; i < 100; i++)
		target = i;
	return NULL;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, work, NULL);
	pthread_join(t, NULL);
	for (int i = 0; i < 100; i++)
		target = i;
	return 0;
}
