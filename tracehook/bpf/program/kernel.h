// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What is looked at in the kernel's structures. The loader finds out where these
// members are in the running kernel (CO-RE), so their order and what lies between
// them means nothing here.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
typedef _Bool bool;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s32 __s32;
typedef s64 __s64;

// Values of the uapi header linux/bpf.h.
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	unsigned long flags;
	u32 status;
};

typedef struct {
	int counter;
} atomic_t;

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct task_struct;

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct sigpending {
	sigset_t signal;
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
	struct task_struct *group_exec_task;
};

// signal_struct before Linux 5.17.
struct signal_struct___v516 {
	struct task_struct *group_exit_task;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int exit_state;
	int exit_code;
	int exit_signal;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct signal_struct *signal;
	struct pid *thread_pid;
	u64 start_boottime;
	unsigned int ptrace;
	struct task_struct *parent; // the tracer, if there is one
	sigset_t blocked;
	struct sigpending pending; // its own signals, not those of the process
};

struct bpf_iter__task {
	struct task_struct *task;
};

struct kernel_siginfo;

struct sigaction {
	void *sa_handler;
};

struct k_sigaction {
	struct sigaction sa;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10, r9, r8, dx, cx, si, di, bx, bp, orig_ax, ip, sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
};
struct pt_regs {
	union {
		struct user_pt_regs user_regs;
		struct {
			u64 regs[31];
			u64 sp;
			u64 pc;
		};
	};
	u64 orig_x0;
	s32 syscallno;
};
#elif defined(__TARGET_ARCH_powerpc)
struct pt_regs {
	unsigned long gpr[32];
	unsigned long nip;
	unsigned long orig_gpr3;
};
#endif

#pragma clang attribute pop

#define PF_EXITING 0x00000004     // include/linux/sched.h
#define PF_IO_WORKER 0x00000010
#define PF_USER_WORKER 0x00004000 // since Linux 6.4; before, nobody's
#define PF_KTHREAD 0x00200000
#define SIGKILL 9
#define SIGURG 23
#define SIGWINCH 28
#define SIGNAL_GROUP_EXIT 0x00000004 // include/linux/sched/signal.h
