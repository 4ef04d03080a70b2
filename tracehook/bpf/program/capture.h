// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Captures: what a call's arguments point to is copied as the list of reads in its
// plan says. The address of a read is an argument, or a word of what an earlier
// one has copied.
#pragma once

#define DATA_SIZE 32768
#define MAX_READ 4096
#define PAGE 4096

// known keeps the compiler from leaving out a check that it knows to be needless,
// but the kernel's verifier does not.
static __always_inline u64 known(u64 v)
{
	asm volatile("" : "+r"(v));
	return v;
}

struct scratch {
	union {
		struct call_record call;
		struct return_record back;
		u8 data[sizeof(struct call_record) + DATA_SIZE + MAX_READ + 64];
	};
	u64 args[8];
	u32 end; // of data
	u32 captures, missed;
	u32 when;  // what of WHEN_* it is
	u32 exit;  // which list of reads
	u32 flags; // of the captures
	// Where in data each read has left what it got.
	struct {
		u32 at, length;
	} got[128];
};

// One for each processor. A map that the kernel makes for each has at most 32 KiB
// there (PCPU_MIN_UNIT_SIZE in include/linux/percpu.h).
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch(void)
{
	u32 cpu = bpf_get_smp_processor_id();
	return bpf_map_lookup_elem(&scratches, &cpu);
}

static __always_inline u64 word_at(struct scratch *s, u32 read, u32 offset, u8 size)
{
	u32 k = read & 127;
	if (offset + size > s->got[k].length)
		return 0;
	u64 at = known(s->got[k].at + offset) & (DATA_SIZE - 1);
	if (size == 4)
		return *(u32 *)(s->data + at);
	return *(u64 *)(s->data + at);
}

static __always_inline u64 value_of(struct scratch *s, u8 source, u32 offset, u8 size)
{
	if (source < FROM_READ)
		return s->args[source & 7];
	return word_at(s, source - FROM_READ, offset, size);
}

// read_one does one read of a call's plan, and returns 0 when there is none. It is
// a function of its own, and finds everything anew, because the verifier then
// looks at it once and not once for each state that the loop can be in.
__noinline int read_one(u32 index, u32 number)
{
	u64 i = known(number);
	struct scratch *s = scratch();
	struct call_plan *plan = bpf_map_lookup_elem(&calls, &index);
	if (!s || !plan || i >= MAX_READS)
		return 0;
	const struct read *r = &plan->read[s->exit & 1][i];
	s->got[i].length = 0;
	if (r->kind == READ_NOTHING)
		return 0;
	if (!(r->when & s->when))
		return 1;
	u64 addr = value_of(s, r->base, r->base_offset, r->word);
	// No program has anything on the first page, but numbers that are no
	// addresses are often small.
	if (addr < PAGE)
		return 1;
	u64 size = r->most, skip = r->base < FROM_READ ? r->base_offset : 0;
	addr += skip;
	if (r->count != FROM_NOWHERE) {
		u64 n = value_of(s, r->count, r->count_offset, r->count_word);
		if (n < DATA_SIZE)
			n *= r->element;
		n = n > skip ? n - skip : 0;
		if (n < size)
			size = n;
	}
	u64 end = s->end;
	if (size == 0 || end >= DATA_SIZE)
		return 1;
	end = known(end) & (DATA_SIZE - 1);
	size = known(size);
	if (size > MAX_READ)
		size = MAX_READ;
	struct capture *c = (void *)(s->data + end);
	void *to = s->data + end + sizeof(*c);
	s64 n;
	if (r->kind == READ_STRING) {
		// A string that is cut ends in a NUL which it does not have.
		if (size < MAX_READ)
			size++;
		n = bpf_probe_read_user_str(to, size, (void *)addr);
		if (n == size)
			n--;
	} else {
		n = size;
		if (bpf_probe_read_user(to, size, (void *)addr)) {
			// Perhaps the page after it is not there.
			u64 rest = PAGE - (addr & (PAGE - 1));
			n = -1;
			if (rest < size) {
				rest = known(rest) & (PAGE - 1);
				if (bpf_probe_read_user(to, rest, (void *)addr) == 0)
					n = rest;
			}
		}
	}
	if (n <= 0) {
		s->missed = 1;
		return 1;
	}
	c->addr = addr;
	c->length = n;
	c->flags = s->flags;
	s->got[i].at = end + sizeof(*c);
	s->got[i].length = n;
	s->captures++;
	s->end = end + sizeof(*c) + ((n + 7) & ~7);
	return 1;
}

// read_all does all reads of a call's plan. It is a function of its own for the
// same reason: the verifier would look at what follows it once for each number of
// reads.
__noinline int read_all(u32 index)
{
	for (u32 i = 0; i < MAX_READS; i++) {
		if (!read_one(index, i))
			break;
	}
	return 0;
}

// capture does the reads of an entry or an exit, if there are any.
static __always_inline void capture(struct scratch *s, const struct call_plan *plan, u32 index, u32 exit, u32 when, u32 flags)
{
	if (plan->read[exit][0].kind == READ_NOTHING)
		return;
	s->exit = exit;
	s->when = when;
	s->flags = flags;
	read_all(index);
}
