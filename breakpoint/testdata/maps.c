/*
 * A program that maps and unmaps code. It takes commands of one letter, and
 * answers each with a line. maps FILE OTHER: two files with a function each.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CODE ((void *)0x10000000)
enum { SIZE = 4096, RX = PROT_READ | PROT_EXEC };

static void map(const char *file, int prot, int flags)
{
	int fd = open(file, O_RDWR);
	if (mmap(CODE, SIZE, prot, flags | MAP_FIXED, fd, 0) != CODE)
		abort();
	close(fd);
}

/* A page of functions of 8 bytes each that return 1. */
static void assemble(void)
{
	char *code = mmap(CODE, SIZE, RX | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (int i = 0; i < SIZE; i += 8)
		memcpy(code + i, "\xb8\1\0\0\0\xc3\x90\x90", 8);
}

int main(int argc, char **argv)
{
	int command;

	while ((command = getchar()) != EOF) {
		switch (command) {
		case 'm': map(argv[1], RX, MAP_PRIVATE); break;
		case 'o': map(argv[2], RX, MAP_PRIVATE); break;
		case 's': map(argv[1], RX | PROT_WRITE, MAP_SHARED); break;
		case 'u': munmap(CODE, SIZE); break;
		case 'n': mprotect(CODE, SIZE, PROT_NONE); break;
		case 'w': mprotect(CODE, SIZE, RX | PROT_WRITE); break;
		case 'x': mprotect(CODE, SIZE, RX); break;
		case 'c': ((void (*)(void))CODE)(); break;
		case 'a': assemble(); break;
		case 'i': ((char *)CODE)[1]++; break;
		case 'v': printf("%d", ((int (*)(void))CODE)()); break;
		default: continue;
		}
		printf("%c\n", command);
		fflush(stdout);
	}
	return 0;
}
