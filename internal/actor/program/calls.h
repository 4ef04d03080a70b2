// Calls that newer architectures have in another form only.


static long fork_process(void) {
#ifdef __NR_fork
	return sys0(__NR_fork);
#else
	return sys2(__NR_clone, 17 /* SIGCHLD */, 0);
#endif
}

// vfork_process returns twice on one stack, so it has to be part of its caller.
static inline __attribute__((always_inline)) long vfork_process(void) {
#ifdef __NR_vfork
	return sys0(__NR_vfork);
#else
	return sys2(__NR_clone, 0x4111 /* VFORK VM SIGCHLD */, 0);
#endif
}

static long do_pause(void) {
#ifdef __NR_pause
	return sys0(__NR_pause);
#else
	return sys6(__NR_ppoll, 0, 0, 0, 0, 8, 0);
#endif
}

enum { AT_CWD = -100 };

static long open_file(const char *path, long flags) {
#ifdef __NR_open
	return sys3(__NR_open, (long)path, flags, 0);
#else
	return sys4(__NR_openat, AT_CWD, (long)path, flags, 0);
#endif
}

static long make_node(const char *path, long mode) {
#ifdef __NR_mknod
	return sys3(__NR_mknod, (long)path, mode, 0);
#else
	return sys4(__NR_mknodat, AT_CWD, (long)path, mode, 0);
#endif
}

static long remove_file(const char *path) {
#ifdef __NR_unlink
	return sys1(__NR_unlink, (long)path);
#else
	return sys3(__NR_unlinkat, AT_CWD, (long)path, 0);
#endif
}
