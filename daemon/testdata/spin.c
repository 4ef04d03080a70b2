// Calls work about once a millisecond, for ever, and writes a byte each time. It
// prints where work is first.
#include <stdio.h>
#include <unistd.h>

__attribute__((noinline)) int work(int i)
{
	__asm__ volatile("");
	return i + 1;
}

int main(void)
{
	printf("%lu\n", (unsigned long)work);
	fflush(stdout);
	for (int n = 0;; n = work(n)) {
		write(1, ".", 1);
		usleep(1000);
	}
}
