/* Pushes its flags at two places, and counts how often the trap flag was among them. */
#include <stdio.h>

extern const char here[];
long flags(void), others(void);
__asm__(".text\nflags: here: pushf; pop %" A "; ret\nothers: pushf; pop %" A "; ret\n");

int main(void)
{
	int seen = 0;

	printf("%lx %lx\n", (long)here, (long)others);
	fflush(stdout);
	getchar();
	for (int i = 0; i < 20; i++)
		seen += (flags() >> 8 & 1) + (others() >> 8 & 1);
	printf("%d\n", seen);
	return 0;
}
