// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Ends: of threads, of processes, and of what the kernel keeps of them.
#pragma once

// reap reports that a thread is gone, and forgets it.
static __always_inline void reap(u64 key, struct thread *t)
{
	struct end_record r = {};
	fill(&r.h, t, REAP);
	r.status = t->parent_signal == LEADER_ZOMBIE ? t->reap_status : t->status;
	if (t->died != 1 || put(t, &r, sizeof(r)) != 0) {
		t->reap_status = r.status;
		t->reap_time = r.h.time;
		bpf_map_update_elem(&ends, &t->serial, t, BPF_ANY);
		__sync_fetch_and_add(&losses, 1);
		wake_up(); // it may come long after the buffer was empty
	}
	bpf_map_delete_elem(&claims, &key);
	bpf_map_delete_elem(&threads, &key);
}

// status_of is how a process ends whose leader this is (wait_task_zombie()).
static __always_inline s32 status_of(struct task_struct *leader)
{
	struct signal_struct *signal = BPF_CORE_READ(leader, signal);
	if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(signal, group_exit_code);
	return BPF_CORE_READ(leader, exit_code);
}

// execing reports whether a thread of the process is ending all others, for its
// exec (de_thread()).
static __always_inline int execing(struct signal_struct *signal)
{
	if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
		return 0;
	if (bpf_core_field_exists(signal->group_exec_task))
		return BPF_CORE_READ(signal, group_exec_task) != 0;
	struct signal_struct___v516 *old = (void *)signal;
	return BPF_CORE_READ(old, group_exit_task) != 0;
}

static __always_inline void put_death(struct thread *t, s32 status, s32 parent_signal)
{
	struct end_record r = {};
	fill(&r.h, t, DEATH);
	t->status = r.status = status;
	t->parent_signal = r.parent_signal = parent_signal;
	t->death_time = r.h.time;
	t->died = put(t, &r, sizeof(r)) == 0 ? 1 : 2; // 2: user space is owed it
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	u64 key = (u64)leader;
	int last = BPF_CORE_READ(signal, live.counter) == 0;
	struct thread *t = current_thread();
	if (t) {
		if (t->interest & WANT_EXIT) {
			struct end_record r = {};
			fill(&r.h, t, EXIT);
			r.status = BPF_CORE_READ(task, exit_code);
			put_or_lose(t, &r, sizeof(r));
		}
		t->exited = 1;
		if (task != leader) {
			put_death(t, BPF_CORE_READ(task, exit_code), NO_PARENT_SIGNAL);
		} else if (!last && execing(signal)) {
			put_death(t, BPF_CORE_READ(task, exit_code), NO_PARENT_SIGNAL);
		} else if (!last && !(BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)) {
			put_death(t, BPF_CORE_READ(task, exit_code), LEADER_ZOMBIE);
		}
	}
	if (!last)
		return 0;
	// A process is dead with its last thread, of which there may be two that
	// both come here after the other one.
	t = bpf_map_lookup_elem(&threads, &key);
	if (t)
		t->reap_status = status_of(leader);
	if (!t || !t->exited || t->died)
		return 0;
	if (claim(key))
		put_death(t, status_of(leader), BPF_CORE_READ(leader, exit_signal));
	return 0;
}

// The id is free, and nobody refers to the task any more.
SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	u64 key = (u64)task, signal = key + 1;
	bpf_map_delete_elem(&claims, &signal);
	struct thread *t = bpf_map_lookup_elem(&threads, &key);
	if (!t)
		return 0;
	reap(key, t);
	return 0;
}
