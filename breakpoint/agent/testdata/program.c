/* A program that gdb compiles expressions in. */
#include <stdint.h>

struct s {
	int x;
	struct s *next;
	unsigned f : 3, g : 5;
	int h : 7;
};

int8_t c = -3;
uint8_t uc = 200;
int16_t sh = -30000;
uint16_t us = 65535;
int i = 7, zero;
unsigned u = 4000000000u;
long l = -5000000000;
unsigned long ul = 0xfedcba9876543210;
int a[5] = {1, 2, 3, 4, 5};
struct s s = {9, &s, 5, 17, -20};
char *str = "hello";
enum { red, green = 5, blue } color = blue;

int f(int p, long q)
{
	long local = p + q;
	local *= 3; /* here */
	return local * 2;
}

int main(void)
{
	return f(3, -4);
}
