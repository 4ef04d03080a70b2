#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(void) {
	long size = sysconf(_SC_PAGESIZE);
	char *none = mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *p = mmap(0, 3 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), c;
	memset(p, 'x', 3 * size);
	mprotect(p + size, size, PROT_READ);
	munmap(p + 2 * size, size);
	printf("%p %p %p\n", p, none, (void *)main), fflush(stdout);
	read(0, &c, 1);
	printf("%.8s\n", p + size - 4);
}
