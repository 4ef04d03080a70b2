// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Signals: the programs at which they are sent and taken.
#pragma once

// The siginfo of the signal that was sent last to a process, by its leader, and
// the one that ends it: see signal_deliver.
struct sent {
	u32 signal, known;
	u8 info[48];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct sent);
} sents SEC(".maps");

// copy_info copies a siginfo. Small values are no addresses: SEND_SIG_NOINFO and
// SEND_SIG_PRIV.
static __always_inline u32 copy_info(u8 *to, struct kernel_siginfo *info)
{
	return (u64)info > 2 && bpf_probe_read_kernel(to, 48, info) == 0;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int sig, struct kernel_siginfo *info, struct task_struct *task, int group, int result)
{
	u64 key = (u64)task;
	u64 leader = (u64)BPF_CORE_READ(task, group_leader);
	struct thread *t = bpf_map_lookup_elem(&threads, &key);
	if (t && (t->interest & WANT_SENT)) {
		struct signal_record r = {};
		fill(&r.h, t, SENT);
		r.signal = sig;
		r.fate = result;
		r.known = copy_info(r.info, info);
		put_or_lose(t, &r, sizeof(r));
	}
	if (!t && !bpf_map_lookup_elem(&threads, &leader))
		return 0;
	struct sent sent = {};
	sent.signal = sig;
	sent.known = copy_info(sent.info, info);
	bpf_map_update_elem(&sents, &leader, &sent, BPF_ANY);
	return 0;
}

// A signal that ends a process without a core dump is turned into SIGKILL for
// each of its threads when it is sent, if nobody traces it (complete_signal() in
// kernel/signal.c). The first thread that dies of it reports it then.
SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int sig, struct kernel_siginfo *info, struct k_sigaction *action)
{
	struct thread *t = current_thread();
	if (!t)
		return 0;
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 leader = (u64)BPF_CORE_READ(task, group_leader);
	struct signal_record r = {};
	if (sig == SIGKILL) {
		struct signal_struct *signal = BPF_CORE_READ(task, signal);
		struct sent *sent = bpf_map_lookup_elem(&sents, &leader);
		sig = BPF_CORE_READ(signal, group_exit_code) & 0xff; // with the bit for a core
		if (!(BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT) || sig == 0 || sig == SIGKILL || sig > 64)
			return 0;
		if (!sent || sent->signal != sig || !claim(leader + 1))
			return 0;
		r.known = sent->known;
		__builtin_memcpy(r.info, sent->info, sizeof(r.info));
	} else {
		r.known = copy_info(r.info, info);
		struct sent *sent = bpf_map_lookup_elem(&sents, &leader);
		if (sent && sent->signal == sig)
			sent->signal = 0; // it is not the one that is turned into SIGKILL
	}
	fill(&r.h, t, SIGNAL);
	r.signal = sig;
	put_or_lose(t, &r, sizeof(r));
	return 0;
}
