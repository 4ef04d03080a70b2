#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
	char *none = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), c;
	memset(p, 'x', 3 * 4096);
	mprotect(p + 4096, 4096, PROT_READ);
	munmap(p + 2 * 4096, 4096);
	printf("%p %p %p\n", p, none, (void *)main), fflush(stdout);
	read(0, &c, 1);
	printf("%.8s\n", p + 4092);
}
