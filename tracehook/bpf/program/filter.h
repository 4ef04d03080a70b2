// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Conditions on the arguments of a call. All must hold.
#pragma once

#define MAX_CONDITIONS 4
#define PREFIX_SIZE 64

enum { ARG_MASKED = 1, ARG_LESS = 2, ARG_MORE = 3, ARG_PREFIX = 4 };

struct condition {
	u8 kind;
	u8 arg;
	u8 negated;
	u8 length; // of the prefix
	u32 pad;
	u64 mask, value;
	char prefix[PREFIX_SIZE];
};

struct text {
	char bytes[PREFIX_SIZE];
};

// begins reports whether the string at addr begins with the prefix. One that
// cannot be read may do so.
static __always_inline int begins(const struct condition *c, u64 addr)
{
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

static __always_inline int holds(const struct condition *conditions, u32 n, const u64 *args)
{
	for (u32 i = 0; i < MAX_CONDITIONS; i++) {
		if (i >= n)
			break;
		const struct condition *c = &conditions[i];
		u64 arg = args[c->arg < 6 ? c->arg : 0];
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
			ok = begins(c, arg);
			break;
		}
		if (ok == !!c->negated)
			return 0;
	}
	return 1;
}
