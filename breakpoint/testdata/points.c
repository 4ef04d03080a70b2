/*
 * A program with instructions of every kind that a breakpoint may be set on. Its
 * threads, the children that it forks, and a signal handler that interrupts them,
 * execute these instructions and count that; meanwhile it starts programs.
 *
 * points THREADS ROUNDS FORKS: it says where the instructions are, waits for a
 * line, and in the end says what it counted, and how often it noticed something
 * that it should not have.
 */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { PUSH, DATA, JUMP, BRANCH, CALL, INDIRECT, RETURN, FLAGS, REPEAT, SYSCALL, NOP, FORK, TRAP, POINTS };

/* The addresses of the instructions, and functions that come to them. */
extern const char p_push[], p_data[], p_jump[], p_branch[], p_call[], p_indirect[], p_return[],
	p_flags[], p_repeat[], p_syscall[], p_nop[], p_fork[], p_trap[];
static const char *const points[POINTS] = {p_push, p_data, p_jump, p_branch, p_call, p_indirect, p_return,
	p_flags, p_repeat, p_syscall, p_nop, p_fork, p_trap};

long f_push(long), f_data(void), f_jump(long), f_branch(long), f_call(long), f_indirect(void),
	f_return(void), f_flags(void), f_syscall(void), f_nop(long), f_fork(void), f_trap(void);
void f_repeat(char *to, long n);

atomic_long words[2];
void *f_pointer;

#ifdef __x86_64__
#define PC REG_RIP
__asm__(".text\n"
	"f_push: p_push: push %rdi; pop %rax; ret\n"
	"f_data: p_data: lock addq $1, words(%rip); mov words(%rip), %rax; ret\n"
	"f_jump: p_jump: jmp 1f; ud2; 1: mov %rdi, %rax; ret\n"
	"f_branch: test %rdi, %rdi; p_branch: jz 1f; mov $1, %eax; ret; 1: xor %eax, %eax; ret\n"
	"f_call: p_call: call 1f; add $1, %rax; ret; 1: mov %rdi, %rax; ret\n"
	"f_indirect: p_indirect: call *f_pointer(%rip); add $1, %rax; ret\n"
	"f_return: mov $5, %eax; p_return: ret\n"
	"f_flags: p_flags: pushf; pop %rax; ret\n"
	"f_repeat: mov %rsi, %rcx; mov $1, %al; p_repeat: rep stosb; ret\n"
	"f_syscall: mov $39, %eax; p_syscall: syscall; lea p_syscall+2(%rip), %rdx; cmp %rdx, %rcx; jne 1f; ret; 1: xor %eax, %eax; ret\n"
	"f_nop: p_nop: nop; mov %rdi, %rax; ret\n"
	"f_fork: mov $57, %eax; p_fork: syscall; ret\n"
	"f_trap: xor %eax, %eax; p_trap: int3; ret\n");
#else
#define PC REG_EIP
__asm__(".text\n"
	"f_push: mov 4(%esp), %eax; p_push: push %eax; xor %eax, %eax; pop %eax; ret\n"
	"f_data: p_data: lock addl $1, words; mov words, %eax; ret\n"
	"f_jump: p_jump: jmp 1f; ud2; 1: mov 4(%esp), %eax; ret\n"
	"f_branch: cmpl $0, 4(%esp); p_branch: jz 1f; mov $1, %eax; ret; 1: xor %eax, %eax; ret\n"
	"f_call: p_call: call 1f; add $1, %eax; ret; 1: mov 8(%esp), %eax; ret\n"
	"f_indirect: p_indirect: call *f_pointer; add $1, %eax; ret\n"
	"f_return: mov $5, %eax; p_return: ret\n"
	"f_flags: p_flags: pushf; pop %eax; ret\n"
	"f_repeat: push %edi; mov 8(%esp), %edi; mov 12(%esp), %ecx; mov $1, %al; p_repeat: rep stosb; pop %edi; ret\n"
	"f_syscall: mov $20, %eax; p_syscall: int $0x80; ret\n"
	"f_nop: p_nop: nop; mov 4(%esp), %eax; ret\n"
	"f_fork: mov $2, %eax; p_fork: int $0x80; ret\n"
	"f_trap: xor %eax, %eax; p_trap: int3; ret\n");
#endif

static atomic_long count[POINTS], wrong, handled;
static atomic_int working;
static int threads, rounds, forks;
static pthread_t workers[64];
static const char *vdso_end;
extern const char etext[];

static void expect(int holds)
{
	if (!holds)
		wrong++;
}

/* There is no code between the end of a file's code and that of its page. */
static int in_tail(const char *pc, const char *end)
{
	return pc >= end && pc < (char *)(((long)end + 4095) & -4096);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	const char *pc = (char *)(long)u->uc_mcontext.gregs[PC];

	expect(!in_tail(pc, etext) && !in_tail(pc, vdso_end));
	if (signal == SIGTRAP) {
		expect(pc == p_trap + 1);
		return;
	}
	count[NOP]++;
	expect(f_nop(7) == 7);
	count[CALL]++;
	expect(f_call(3) == 4);
	handled++;
}

static void once(long i)
{
	char buf[16] = {0}, ones[16];
	long before = words[0];

	count[PUSH]++;
	expect(f_push(i) == i);
	count[DATA]++;
	expect(f_data() > before);
	count[JUMP]++;
	expect(f_jump(i) == i);
	count[BRANCH]++;
	expect(f_branch(i & 1) == (i & 1));
	count[CALL]++;
	expect(f_call(i) == i + 1);
	count[INDIRECT]++;
	expect(f_indirect() == 6);
	count[RETURN] += 2; /* f_indirect returns by it, too */
	expect(f_return() == 5);
	count[FLAGS]++;
	expect(!(f_flags() & 0x100));
	memset(ones, 1, 15), ones[15] = 0;
	count[REPEAT]++;
	f_repeat(buf, 15);
	expect(!memcmp(buf, ones, 16));
	count[SYSCALL]++;
	expect(f_syscall() == getpid());
	count[NOP]++;
	expect(f_nop(i) == i);
	if (i % 64 == 0) {
		count[TRAP]++;
		expect(f_trap() == 0);
	}
}

static void *work(void *arg)
{
	for (int i = 0; i < rounds; i++)
		once(i);
	working--;
	return NULL;
}

/* Children that share memory until they exec. */
static void *spawn(void *arg)
{
	char *argv[] = {"true", NULL}, *env[] = {NULL};
	for (int i = 0; i < forks; i++) {
		pid_t pid;
		expect(posix_spawn(&pid, "/bin/true", NULL, NULL, argv, env) == 0);
		int status = -1;
		expect(waitpid(pid, &status, 0) == pid && status == 0);
	}
	return NULL;
}

/* Children that have copies of everything. They write what they counted. */
static void branch_off(void)
{
	int fd[2];
	long child[POINTS + 1];

	expect(pipe(fd) == 0);
	count[FORK]++;
	long pid = f_fork();
	if (pid == 0) {
		memset(count, 0, sizeof count);
		wrong = 0;
		for (int i = 0; i < rounds; i++)
			once(i);
		for (int i = 0; i < POINTS; i++)
			child[i] = count[i];
		child[POINTS] = wrong;
		_exit(write(fd[1], child, sizeof child) != sizeof child);
	}
	close(fd[1]);
	if (read(fd[0], child, sizeof child) == sizeof child) {
		for (int i = 0; i < POINTS; i++)
			count[i] += child[i];
		wrong += child[POINTS];
	} else {
		wrong++;
	}
	close(fd[0]);
	int status = -1;
	expect(waitpid(pid, &status, 0) == pid && status == 0);
}

/* No faster than the signals are handled, or nobody would get anywhere. */
static void *torment(void *arg)
{
	for (long sent = 0; working > 0; sent++) {
		pthread_kill(workers[sent % threads], SIGUSR1);
		do
			usleep(500);
		while (handled <= sent && working > 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t spawner, tormentor;
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

	threads = atoi(argv[1]), rounds = atoi(argv[2]), forks = atoi(argv[3]);
	const ElfW(Ehdr) *vdso = (void *)getauxval(AT_SYSINFO_EHDR);
	vdso_end = (char *)vdso + vdso->e_shoff + vdso->e_shnum * vdso->e_shentsize;
	f_pointer = f_return;
	sigaction(SIGUSR1, &action, NULL);
	/* Whoever runs into a breakpoint with SIGTRAP blocked loses his handler of it. */
	sigaddset(&action.sa_mask, SIGUSR1);
	sigaction(SIGTRAP, &action, NULL);
	for (int i = 0; i < POINTS; i++)
		printf("%lx%c", (long)points[i], i == POINTS - 1 ? '\n' : ' ');
	fflush(stdout);
	getchar();
	working = threads;
	for (int i = 0; i < threads; i++)
		pthread_create(&workers[i], NULL, work, NULL);
	pthread_create(&spawner, NULL, spawn, NULL);
	pthread_create(&tormentor, NULL, torment, NULL);
	pthread_join(tormentor, NULL);
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i], NULL);
	pthread_join(spawner, NULL);
	for (int i = 0; i < forks; i++)
		branch_off();
	for (int i = 0; i < POINTS; i++)
		printf("%ld ", count[i]);
	printf("%ld\n", wrong);
	return 0;
}
