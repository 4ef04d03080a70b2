// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Conditions on the arguments of a call. All must hold.
#pragma once

struct text {
	char bytes[PREFIX_SIZE];
};

// begins reports whether the string at addr begins with the prefix of a condition.
// One that cannot be read may do so. Like read_one, it is a function of its own.
__noinline int begins(u32 index, u32 number, u64 addr)
{
	struct call_plan *plan = bpf_map_lookup_elem(&calls, &index);
	if (!plan || number >= MAX_CONDITIONS)
		return 1;
	const struct condition *c = &plan->condition[known(number) & (MAX_CONDITIONS - 1)];
	struct text text = {};
	if (bpf_probe_read_user_str(text.bytes, sizeof(text.bytes), (void *)addr) < 0)
		return 1;
	for (u32 i = 0; i < PREFIX_SIZE; i++) {
		if (i >= c->length)
			break;
		if (text.bytes[i] != c->prefix[i])
			return 0;
	}
	return 1;
}

// holds reports whether all conditions of a call hold of the arguments that the
// scratch has.
__noinline int holds(u32 index)
{
	struct scratch *s = scratch();
	struct call_plan *plan = bpf_map_lookup_elem(&calls, &index);
	if (!s || !plan)
		return 1;
	for (u32 i = 0; i < MAX_CONDITIONS; i++) {
		if (i >= plan->conditions)
			break;
		const struct condition *c = &plan->condition[i];
		u64 arg = s->args[c->arg & 7];
		int ok = 1;
		switch (c->kind) {
		case ARG_MASKED:
			ok = (arg & c->mask) == c->value;
			break;
		case ARG_LESS:
			ok = arg < c->value;
			break;
		case ARG_MORE:
			ok = arg > c->value;
			break;
		case ARG_PREFIX:
			ok = begins(index, i, arg);
			break;
		}
		if (ok == !!c->negated)
			return 0;
	}
	return 1;
}
