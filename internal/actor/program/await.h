// The blocking calls of the statement "await". Each is set up so that nothing
// but a signal ends it, and its result is returned.

// 32-bit programs have the calls with 64-bit times under other numbers.
#ifdef __i386__
#define NR_TIME64(name64, name32) name32
#else
#define NR_TIME64(name64, name32) name64
#endif

struct timespec64 {
	long long sec, nsec;
};

enum { LONG = 100000 }; // seconds

static long long now_plus(long clock, long seconds) {
	struct timespec64 ts;
	sys2(NR_TIME64(__NR_clock_gettime, 403), clock, (long)&ts);
	return ts.sec + seconds;
}

static int pipe_end(void) {
	int fds[2];
	sys2(__NR_pipe2, (long)fds, 0);
	return fds[0];
}

static long new_epoll(void) { return sys1(__NR_epoll_create1, 0); }

static long socket_end(int type) {
	int fds[2];
	sys4(__NR_socketpair, 1 /* AF_UNIX */, type, 0, (long)fds);
	return fds[0];
}

static long listener(void) {
	short address = 1; // AF_UNIX without a path: the kernel finds a name
	long fd = sys3(__NR_socket, 1, 1 /* SOCK_STREAM */, 0);
	sys3(__NR_bind, fd, (long)&address, sizeof address);
	sys2(__NR_listen, fd, 1);
	return fd;
}

// follow has a child of this process get a signal when the thread that has forked
// it ends. That may have happened already: then it returns 0.
static int follow(long parent, int sig) {
	sys2(__NR_prctl, 1 /* PR_SET_PDEATHSIG */, sig);
	return sys0(__NR_getppid) == parent;
}

// idle_child makes a child that lives as long as this thread does.
static void idle_child(void) {
	long self = sys0(__NR_getpid);
	if (fork_process() == 0) {
		if (!follow(self, 9))
			sys1(__NR_exit_group, 0);
		for (;;)
			do_pause();
	}
}

// remove_after has a child make a call when this thread has ended, to remove
// what the kernel would keep. It leaves the process group, so that it survives
// a kill of that.
static void remove_after(long nr, long a, long b, long c) {
	unsigned long long term = 1 << 14;
	long self = sys0(__NR_getpid);
	if (fork_process() != 0)
		return;
	for (int fd = 0; fd < 4; fd++)
		sys1(__NR_close, fd);
	change_mask(0, 15);
	sys2(__NR_setpgid, 0, 0);
	if (follow(self, 15))
		sys4(__NR_rt_sigtimedwait, (long)&term, 0, 0, 8);
	sys3(nr, a, b, c);
	sys1(__NR_exit_group, 0);
}

// locked_file returns a descriptor of a file that another open file has locked.
static long locked_file(int flock) {
	char path[32] = "/proc/self/fd/";
	struct text t = {0};
	long first = sys2(__NR_memfd_create, (long)"lock", 0), second;
	char *p = path + 14;
	add_number(&t, first);
	t.s[t.n] = 0;
	copy(p, t.s, t.n + 1);
	second = open_file(path, 2 /* O_RDWR */);
	if (flock) {
		sys2(__NR_flock, first, 2 /* LOCK_EX */);
	} else {
		struct { short type, whence; long start, len; int pid; } lock = {1 /* F_WRLCK */, 0, 0, 0, 0};
		long self = sys0(__NR_getpid);
		if (fork_process() == 0) {
			if (!follow(self, 9))
				sys1(__NR_exit_group, 0);
			sys3(__NR_fcntl, first, 6 /* F_SETLK */, (long)&lock);
			for (;;)
				do_pause();
		}
		// Looked for, not waited for: the only sleep is to be the call itself.
		do {
			sys0(__NR_sched_yield);
			lock.type = 1;
			sys3(__NR_fcntl, second, 5 /* F_GETLK */, (long)&lock);
		} while (lock.type == 2 /* F_UNLCK */);
	}
	return second;
}

static long open_fifo(void) {
	char path[64] = "/tmp/utrace-actor-", again[32] = "/proc/self/fd/";
	struct text t = {0};
	add_number(&t, sys0(__NR_gettid));
	t.s[t.n] = 0;
	copy(path + 18, t.s, t.n + 1);
	make_node(path, 0010600);
	long fd = open_file(path, 010000000 /* O_PATH */);
	remove_file(path);
	t.n = 0;
	add_number(&t, fd);
	t.s[t.n] = 0;
	copy(again + 14, t.s, t.n + 1);
	return open_file(again, 0 /* O_RDONLY */);
}

static long message_queue(void) {
	char name[32] = "utrace-actor-";
	struct { long flags, maxmsg, msgsize, cur, reserved[4]; } attr = {0, 1, 8};
	struct text t = {0};
	add_number(&t, sys0(__NR_gettid));
	t.s[t.n] = 0;
	copy(name + 13, t.s, t.n + 1);
	long fd = sys4(__NR_mq_open, (long)name, 0102 /* O_RDWR|O_CREAT */, 0600, (long)&attr);
	sys1(__NR_mq_unlink, (long)name);
	return fd;
}

static long await(const char *name) {
	char buf[512] __attribute__((aligned(16))) = {0};
	struct timespec64 ts = {LONG, 0};
	long short_ts[2] = {LONG, 0}; // of the old calls
	unsigned long long set = 1ULL << 63; // SIGRTMAX, which nobody sends
	struct { int fd; short events, revents; } pollfd = {pipe_end(), 1, 0};
	struct { unsigned short num; short op, flag; } sem = {0, -1, 0};
	int fd;

	if (equal(name, "epoll_wait")) {
#ifdef __NR_epoll_wait
		return sys4(__NR_epoll_wait, new_epoll(), (long)buf, 1, -1);
#endif
	} else if (equal(name, "epoll_pwait")) {
		return sys6(__NR_epoll_pwait, new_epoll(), (long)buf, 1, -1, 0, 8);
	} else if (equal(name, "epoll_pwait2")) {
		return sys6(__NR_epoll_pwait2, new_epoll(), (long)buf, 1, (long)&ts, 0, 8);
	} else if (equal(name, "recv_timeout")) {
		fd = socket_end(1);
		sys6(__NR_setsockopt, fd, 1 /* SOL_SOCKET */, SO_RCVTIMEO, (long)short_ts, sizeof short_ts, 0);
		return sys6(__NR_recvfrom, fd, (long)buf, 1, 0, 0, 0);
	} else if (equal(name, "semop") || equal(name, "semtimedop")) {
		long id = sys3(__NR_semget, 0, 1, 0600);
		remove_after(__NR_semctl, id, 0, 0 /* IPC_RMID */);
#ifdef __NR_semop
		if (equal(name, "semop"))
			return sys3(__NR_semop, id, (long)&sem, 1);
#endif
		return sys4(NR_TIME64(__NR_semtimedop, 420), id, (long)&sem, 1, (long)&ts);
	} else if (equal(name, "sigtimedwait")) {
		return sys4(NR_TIME64(__NR_rt_sigtimedwait, 421), (long)&set, 0, (long)&ts, 8);
	} else if (equal(name, "sigwaitinfo")) {
		return sys4(__NR_rt_sigtimedwait, (long)&set, 0, 0, 8);
	} else if (equal(name, "io_getevents")) {
		unsigned long context = 0;
		sys2(__NR_io_setup, 1, (long)&context);
		return sys6(__NR_io_getevents, context, 1, 1, (long)buf, 0, 0);
	} else if (equal(name, "nanosleep")) {
		return sys2(__NR_nanosleep, (long)short_ts, 0);
	} else if (equal(name, "clock_nanosleep")) {
		return sys4(NR_TIME64(__NR_clock_nanosleep, 407), 1, 0, (long)&ts, 0);
	} else if (equal(name, "pause")) {
		return do_pause();
	} else if (equal(name, "read_pipe")) {
		return sys3(__NR_read, pipe_end(), (long)buf, 1);
	} else if (equal(name, "read_inotify")) {
		return sys3(__NR_read, sys1(__NR_inotify_init1, 0), (long)buf, sizeof buf);
	} else if (equal(name, "read_eventfd")) {
		return sys3(__NR_read, sys2(__NR_eventfd2, 0, 0), (long)buf, 8);
	} else if (equal(name, "read_timerfd")) {
		struct timespec64 when[2] = {{0, 0}, {now_plus(1, LONG), 0}};
		fd = sys2(__NR_timerfd_create, 1, 0);
		sys4(NR_TIME64(__NR_timerfd_settime, 411), fd, 1, (long)when, 0);
		return sys3(__NR_read, fd, (long)buf, 8);
	} else if (equal(name, "read_signalfd")) {
		return sys3(__NR_read, sys4(__NR_signalfd4, -1, (long)&set, 8, 0), (long)buf, 128);
	} else if (equal(name, "poll")) {
#ifdef __NR_poll
		return sys3(__NR_poll, (long)&pollfd, 1, LONG);
#endif
	} else if (equal(name, "ppoll")) {
		return sys6(NR_TIME64(__NR_ppoll, 414), (long)&pollfd, 1, (long)&ts, 0, 8, 0);
	} else if (equal(name, "select")) {
#ifdef __NR__newselect // where there are two, the other is not the one that is meant
		return sys6(__NR__newselect, 0, 0, 0, 0, (long)short_ts, 0);
#elif defined(__NR_select)
		return sys6(__NR_select, 0, 0, 0, 0, (long)short_ts, 0);
#endif
	} else if (equal(name, "pselect6")) {
		return sys6(NR_TIME64(__NR_pselect6, 413), 0, 0, 0, 0, (long)&ts, 0);
	} else if (equal(name, "futex")) {
		return sys4(__NR_futex, (long)&scratch, 0, scratch, 0);
	} else if (equal(name, "futex_timeout")) {
		return sys4(NR_TIME64(__NR_futex, 422), (long)&scratch, 0, scratch, (long)&ts);
	} else if (equal(name, "recv")) {
		return sys6(__NR_recvfrom, socket_end(1), (long)buf, 1, 0, 0, 0);
	} else if (equal(name, "recvmmsg")) {
		return sys6(NR_TIME64(__NR_recvmmsg, 417), socket_end(2), (long)buf, 1, 0, 0, 0);
	} else if (equal(name, "accept")) {
		return sys4(__NR_accept4, listener(), 0, 0, 0);
	} else if (equal(name, "msgrcv")) {
		long id = sys2(__NR_msgget, 0, 0600);
		remove_after(__NR_msgctl, id, 0 /* IPC_RMID */, 0);
		return sys6(__NR_msgrcv, id, (long)buf, 8, 0, 0, 0);
	} else if (equal(name, "sigsuspend")) {
		unsigned long long none = 0;
		return sys2(__NR_rt_sigsuspend, (long)&none, 8);
	} else if (equal(name, "wait4")) {
		idle_child();
		return sys4(__NR_wait4, -1, 0, 0, 0);
	} else if (equal(name, "waitid")) {
		idle_child();
		return sys6(__NR_waitid, 0 /* P_ALL */, 0, 0, 4 /* WEXITED */, 0, 0);
	} else if (equal(name, "flock")) {
		return sys2(__NR_flock, locked_file(1), 2);
	} else if (equal(name, "setlkw")) {
		struct { short type, whence; long start, len; int pid; } lock = {1, 0, 0, 0, 0};
		return sys3(__NR_fcntl, locked_file(0), 7 /* F_SETLKW */, (long)&lock);
	} else if (equal(name, "mq_receive")) {
		return sys6(NR_TIME64(__NR_mq_timedreceive, 419), message_queue(), (long)buf, 8, 0, 0, 0);
	} else if (equal(name, "open_fifo")) {
		return open_fifo();
	} else if (equal(name, "splice")) {
		int to[2];
		sys2(__NR_pipe2, (long)to, 0);
		return sys6(__NR_splice, pipe_end(), 0, to[1], 0, 1, 0);
	}
	return -38; // ENOSYS
}
