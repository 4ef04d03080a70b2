/* What every case needs. A case prints lines that are the same on every run:
 * no ids, no addresses, no times. */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACEME 0
#define PEEKTEXT 1
#define PEEKDATA 2
#define PEEKUSER 3
#define POKEDATA 5
#define POKEUSER 6
#define CONT 7
#define KILL 8
#define SINGLESTEP 9
#define GETREGS 12
#define SETREGS 13
#define GETFPREGS 14
#define ATTACH 16
#define DETACH 17
#define SYSCALL 24
#define SYSEMU 31
#define SYSEMU_STEP 32
#define SINGLEBLOCK 33
#define SETOPTIONS 0x4200
#define GETEVENTMSG 0x4201
#define GETSIGINFO 0x4202
#define SETSIGINFO 0x4203
#define GETREGSET 0x4204
#define SETREGSET 0x4205
#define SEIZE 0x4206
#define INTERRUPT 0x4207
#define LISTEN 0x4208
#define PEEKSIGINFO 0x4209
#define GETSIGMASK 0x420a
#define SETSIGMASK 0x420b
#define GET_FILTER 0x420c
#define GET_METADATA 0x420d
#define GET_SYSCALL_INFO 0x420e
#define GET_RSEQ 0x420f
#define SET_DISPATCH 0x4210
#define GET_DISPATCH 0x4211
#define SET_SYSCALL_INFO 0x4212
#define SYSGOOD 1
#define TFORK 2
#define TVFORK 4
#define TCLONE 8
#define TEXEC 16
#define TVFORKDONE 32
#define TEXIT 64
#define TSECCOMP 128
#define EXITKILL (1 << 20)

#ifdef __i386__ /* the same registers have other names */
#define rip eip
#define rsp esp
#define rax eax
#define rbx ebx
#define orig_rax orig_eax
#define cs xcs
#define rdi ebx /* the first argument of a call */
#endif
#define NUM(x) ((long long)(long)(x))

/* The system call itself: the C library's function changes the results. */
static inline long pt(long request, long pid, unsigned long addr, unsigned long data)
{
	return syscall(SYS_ptrace, request, pid, addr, data);
}
#define P(p) ((unsigned long)(p))

extern const char *errname(int e);
/* show prints what a call has returned. */
#define show(what, call) do { errno = 0; long r_ = (call); \
	if (r_ < 0) printf("  %s: %s\n", what, errname(errno)); else printf("  %s: %ld\n", what, r_); } while (0)
extern void status(const char *what, int st);
/* await waits for one change of one thread and prints it. */
extern int await_(const char *what, pid_t pid, int options);
extern void siginfo(const char *what, pid_t pid);
extern void message(const char *what, pid_t pid);
extern void callinfo(const char *what, pid_t pid);
/* child forks; the child does TRACEME, stops itself and then runs f. */
extern pid_t child(void (*f)(void));
/* free_ forks a child that runs f, untraced. */
extern pid_t free_(void (*f)(void));
extern void done(pid_t pid);
extern pid_t the_child;
extern void sleeper(void);
extern char *shared;

struct test { const char *name; void (*run)(void); };
/* A family has many cases that differ in a number, and names for them; the last one is "". */
struct family { void (*name)(int number, char *name); void (*run)(int number); };
extern struct family quiet_family, resume_family, waits_family;
/* The states that a thread can be in, and how to bring one there. */
struct state { const char *name; pid_t (*enter)(void); };
extern const struct state states[];
extern int gate[2]; /* for the threads that wait: what is written lets one go on */
extern void reaches(pid_t pid, char letter); /* of /proc/PID/stat */
extern struct test attach_cases[], request_cases[], event_cases[], wait_cases[], job_cases[], signal_cases[], step_cases[], seccomp_cases[];
