/* Requests and their errors. */
#include "table.h"

static const long requests[] = { 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15, 17, 18, 19, 20, 22, 23, 24, 25, 26, 30, 31, 32, 33, 34, 40,
	SETOPTIONS, GETEVENTMSG, GETSIGINFO, SETSIGINFO, GETREGSET, SETREGSET, LISTEN, PEEKSIGINFO, GETSIGMASK,
	SETSIGMASK, GET_FILTER, GET_METADATA, GET_SYSCALL_INFO, GET_RSEQ, SET_DISPATCH, GET_DISPATCH, SET_SYSCALL_INFO, 0x4213, 0x5000, -1 };

static void while_running(void)
{
	char what[40];
	pid_t pid = free_(sleeper);
	pt(SEIZE, pid, 0, 0);
	for (unsigned i = 0; i < sizeof requests / sizeof *requests; i++) {
		sprintf(what, "request %#lx", requests[i]);
		show(what, pt(requests[i], pid, 0, 0));
	}
	done(pid);
}

/* With null pointers for everything. Those that resume are left out. */
static void null(void)
{
	char what[40];
	pid_t pid = child(sleeper);
	for (unsigned i = 0; i < sizeof requests / sizeof *requests; i++) {
		long r = requests[i];
		if (r == 7 || r == 9 || r == 17 || r == 24 || r == 31 || r == 32 || r == 33 || r == 6)
			continue;
		sprintf(what, "request %#lx", r);
		show(what, pt(r, pid, 0, 0));
	}
	done(pid);
}

static void resume_errors(void)
{
	pid_t pid = child(sleeper);
	show("cont with signal 65", pt(CONT, pid, 0, 65));
	show("syscall with signal 65", pt(SYSCALL, pid, 0, 65));
	show("step with signal -1", pt(SINGLESTEP, pid, 0, -1));
	show("options", pt(SETOPTIONS, pid, 0, 1 << 12));
	show("good options", pt(SETOPTIONS, pid, 0, 0x7f));
	show("old options", pt(21, pid, 0, 1));
	show("interrupt", pt(INTERRUPT, pid, 0, 0));
	show("cont", pt(CONT, pid, 0, 0));
	show("cont again", pt(CONT, pid, 0, 0));
	done(pid);
}

static void *volatile nowhere = (void *)8;
static volatile long word = (long)0x1122334455667788;
static void memory(void)
{
	pid_t pid = child(sleeper);
	long v = 0;
	show("peek", pt(PEEKDATA, pid, P(&word), P(&v)));
	printf("  value %lx\n", v);
	show("peek text", pt(PEEKTEXT, pid, P(memory), P(&v)));
	printf("  the same %d\n", v == *(long *)memory);
	show("peek odd", pt(PEEKDATA, pid, P(&word) + 1, P(&v)));
	show("peek nothing", pt(PEEKDATA, pid, 8, P(&v)));
	show("peek kernel", pt(PEEKDATA, pid, -4096UL, P(&v)));
	show("peek to nowhere", pt(PEEKDATA, pid, P(&word), 8));
	show("poke", pt(POKEDATA, pid, P(&word), 42));
	show("poke text", pt(POKEDATA, pid, P(memory), *(long *)memory));
	show("poke nothing", pt(POKEDATA, pid, 8, 42));
	show("peek", pt(PEEKDATA, pid, P(&word), P(&v)));
	printf("  value %lx\n", v);
	done(pid);
}

static void memory_file(void)
{
	pid_t pid = child(sleeper);
	char path[40];
	long v = 0;
	sprintf(path, "/proc/%d/mem", pid);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	show("open", fd < 0 ? -1 : 0);
	show("read", pread(fd, &v, sizeof v, P(&word)));
	printf("  value %lx\n", v);
	show("read 3", pread(fd, &v, 3, P(&word)));
	show("read nothing", pread(fd, &v, sizeof v, 8));
	show("read to nowhere", pread(fd, nowhere, 8, P(&word)));
	v = 0xcc;
	show("write", pwrite(fd, &v, 1, P(memory_file)));
	show("peek", pt(PEEKDATA, pid, P(memory_file), P(&v)));
	printf("  an int3 %d\n", (v & 0xff) == 0xcc);
	show("write back", pwrite(fd, memory_file, 1, P(memory_file)));
	show("peek", pt(PEEKDATA, pid, P(memory_file), P(&v)));
	printf("  the original %d\n", v == *(long *)memory_file);
	show("write nothing", pwrite(fd, &v, sizeof v, 8));
	show("write from nowhere", pwrite(fd, nowhere, 8, P(&word)));
	show("cont", pt(CONT, pid, 0, 0));
	v = 7;
	show("write while it runs", pwrite(fd, &v, sizeof v, P(&word)));
	v = 0;
	show("read while it runs", pread(fd, &v, sizeof v, P(&word)));
	printf("  value %lx\n", v);
	done(pid);
	show("read of the dead", pread(fd, &v, sizeof v, P(&word)));
}

static void user(void)
{
	pid_t pid = child(sleeper);
	long v;
	struct user_regs_struct r;
	show("regs", pt(GETREGS, pid, 0, P(&r)));
	show("peek ip", pt(PEEKUSER, pid, offsetof(struct user, regs.rip), P(&v)));
	printf("  the same %d\n", v == (long)r.rip);
	show("peek cs", pt(PEEKUSER, pid, offsetof(struct user, regs.cs), P(&v)));
	printf("  value %lx\n", v);
	show("peek odd", pt(PEEKUSER, pid, 3, P(&v)));
	show("peek middle", pt(PEEKUSER, pid, offsetof(struct user, u_tsize), P(&v)));
	show("peek dr0", pt(PEEKUSER, pid, offsetof(struct user, u_debugreg[0]), P(&v)));
	show("peek dr4", pt(PEEKUSER, pid, offsetof(struct user, u_debugreg[4]), P(&v)));
	show("peek beyond", pt(PEEKUSER, pid, sizeof(struct user), P(&v)));
	show("poke rbx", pt(POKEUSER, pid, offsetof(struct user, regs.rbx), 42));
	show("poke cs", pt(POKEUSER, pid, offsetof(struct user, regs.cs), 42));
	show("poke odd", pt(POKEUSER, pid, 3, 1));
	show("poke middle", pt(POKEUSER, pid, offsetof(struct user, u_tsize), 1));
	show("poke dr7", pt(POKEUSER, pid, offsetof(struct user, u_debugreg[7]), 0));
	show("poke dr0 kernel", pt(POKEUSER, pid, offsetof(struct user, u_debugreg[0]), -4096UL));
	show("poke dr4", pt(POKEUSER, pid, offsetof(struct user, u_debugreg[4]), 0));
	show("regs", pt(GETREGS, pid, 0, P(&r)));
	printf("  rbx %lld\n", NUM(r.rbx));
	done(pid);
}

static void regsets(void)
{
	static const int notes[] = { NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE, NT_386_TLS, NT_386_IOPERM, 0x46e62b7f, 4711 };
	pid_t pid = child(sleeper);
	char b[16384], what[40];
	struct iovec v;
	for (unsigned i = 0; i < sizeof notes / sizeof *notes; i++) {
		v = (struct iovec){ b, sizeof b };
		sprintf(what, "note %#x", notes[i]);
		show(what, pt(GETREGSET, pid, notes[i], P(&v)));
		printf("  length %zd\n", notes[i] == NT_X86_XSTATE ? (ssize_t)0 : (ssize_t)v.iov_len);
	}
	v = (struct iovec){ b, 20 };
	show("odd length", pt(GETREGSET, pid, NT_PRSTATUS, P(&v)));
	v = (struct iovec){ b, 16 };
	show("short length", pt(GETREGSET, pid, NT_PRSTATUS, P(&v)));
	printf("  length %zd\n", v.iov_len);
	v = (struct iovec){ b, 0 };
	show("no length", pt(GETREGSET, pid, NT_PRSTATUS, P(&v)));
	v = (struct iovec){ (void *)8, 216 };
	show("to nowhere", pt(GETREGSET, pid, NT_PRSTATUS, P(&v)));
	show("no vector", pt(GETREGSET, pid, NT_PRSTATUS, 8));
	v = (struct iovec){ b, 216 };
	pt(GETREGSET, pid, NT_PRSTATUS, P(&v));
	show("set", pt(SETREGSET, pid, NT_PRSTATUS, P(&v)));
	v = (struct iovec){ b, 1000 };
	show("set too much", pt(SETREGSET, pid, NT_PRSTATUS, P(&v)));
	printf("  length %zd\n", v.iov_len);
	v = (struct iovec){ b, 20 };
	show("set odd", pt(SETREGSET, pid, NT_PRSTATUS, P(&v)));
	done(pid);
}

static void machine(void)
{
	pid_t pid = child(sleeper);
	unsigned long v = 0;
	char b[128] = { 0 };
	show("arch_prctl get fs", pt(30, pid, P(&v), ARCH_GET_FS));
	printf("  set %d\n", v != 0);
	show("arch_prctl get gs", pt(30, pid, P(&v), ARCH_GET_GS));
	printf("  value %lx\n", v);
	show("arch_prctl set gs", pt(30, pid, 0x1000, ARCH_SET_GS));
	show("arch_prctl get gs", pt(30, pid, P(&v), ARCH_GET_GS));
	printf("  value %lx\n", v);
	show("arch_prctl set kernel", pt(30, pid, -4096UL, ARCH_SET_FS));
	show("arch_prctl to nowhere", pt(30, pid, 8, ARCH_GET_FS));
	show("arch_prctl unknown", pt(30, pid, 8, 0x4711));
	show("thread area", pt(25, pid, 12, P(b)));
	show("thread area 99", pt(25, pid, 99, P(b)));
	show("set thread area 99", pt(26, pid, 99, P(b)));
	show("rseq", pt(GET_RSEQ, pid, 24, P(b)));
	show("rseq short", pt(GET_RSEQ, pid, 4, P(b)));
	show("rseq long", pt(GET_RSEQ, pid, 100, P(b)));
	show("dispatch", pt(GET_DISPATCH, pid, 32, P(b)));
	show("dispatch short", pt(GET_DISPATCH, pid, 24, P(b)));
	show("set dispatch", pt(SET_DISPATCH, pid, 32, P(b)));
	b[0] = 9;
	show("set bad dispatch", pt(SET_DISPATCH, pid, 32, P(b)));
	show("filter", pt(GET_FILTER, pid, 0, 0));
	show("metadata", pt(GET_METADATA, pid, 16, P(b)));
	show("metadata short", pt(GET_METADATA, pid, 4, P(b)));
	show("fpx", pt(18, pid, 0, P(b)));
	done(pid);
}

/* A status file names the tracer. It is one of procfs, whoever that is. */
static void status_file(void)
{
	int fd = open("/proc/self/status", O_RDONLY), other = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	struct statfs a, b;
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	show("fstatfs", syscall(SYS_fstatfs, fd, &a));
	syscall(SYS_fstatfs, other, &b);
	show("differs", memcmp(&a, &b, sizeof a) != 0);
	show("procfs", a.f_type == 0x9fa0);
	show("nowhere", syscall(SYS_fstatfs, fd, 8));
#ifdef SYS_fstatfs64
	struct statfs64 c, d;
	memset(&c, 0, sizeof c);
	memset(&d, 0, sizeof d);
	show("fstatfs64", syscall(SYS_fstatfs64, fd, sizeof c, &c));
	syscall(SYS_fstatfs64, other, sizeof d, &d);
	show("differs", memcmp(&c, &d, sizeof c) != 0);
	show("of another size", syscall(SYS_fstatfs64, fd, sizeof c - 4, &c));
#endif
}

struct test request_cases[] = {
	{"request: while running", while_running}, {"request: null pointers", null}, {"request: resume errors", resume_errors},
	{"request: memory", memory}, {"request: memory file", memory_file}, {"request: user", user},
	{"request: regsets", regsets}, {"request: machine", machine},
	{"request: status file", status_file}, {0},
};
