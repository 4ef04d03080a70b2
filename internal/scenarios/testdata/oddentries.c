// Calls that are made in ways which a tracer can get wrong.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
// Kernels can be built or booted without this page (vsyscall=none).
static int has_vsyscall(void) {
	char line[256];
	int has = 0;
	FILE *maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof line, maps))
		has |= strstr(line, "[vsyscall]") != NULL;
	fclose(maps);
	return has;
}
static int trapped;
static void f(int s) { trapped++; }
int main(void) {
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET, SECCOMP_RET_ERRNO | 99),
		BPF_JUMP(BPF_JMP | BPF_JEQ, SYS_getgid, 0, 1),
		BPF_STMT(BPF_RET, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 6, code };
	char c;
	long r;
	puts("ready"); fflush(stdout);
	read(0, &c, 1);
#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory"); // getpid
	printf("%d ", r == getpid());
	time_t (*vtime)(time_t *) = (void *)0xffffffffff600400;
	printf("%d ", !has_vsyscall() || vtime(0) > 1000000);
#else
	r = 1;
	printf("1 %ld ", r);
#endif
	printf("%d ", execl("/proc/nonexistent", "x", NULL) == -1 && errno == ENOENT);
	signal(SIGSYS, f), signal(SIGUSR1, f);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, 2, &prog);
	printf("%d ", syscall(SYS_getuid) == -1 && errno == 99);
	syscall(SYS_getgid);
	raise(SIGUSR1);
	printf("%d\n", trapped);
}
