// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What user space has said of each call; plan.go writes it.
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

#define MAX_READS 48

// Where an address or a count comes from: an argument (0 to 5), the result, or a
// word that the read with this number copied, counting from FROM_READ. As an
// address, 7 is the stack pointer.
enum { FROM_RESULT = 6, FROM_NOWHERE = 7, FROM_READ = 64 };

struct read {
	u8 kind; // READ_*
	u8 base; // where the address comes from
	u8 count; // where the number of elements comes from; FROM_NOWHERE for one
	u8 when; // WHEN_*
	u16 base_offset, count_offset; // in what the other read copied; of an
	                               // argument, how much is left out
	u16 element;                   // size in bytes
	u16 most;                      // bytes
	u8 word;                       // size in bytes of an address in memory
	u8 count_word;                 // size in bytes of a count in memory
	u16 pad;
};

enum { READ_NOTHING = 0, READ_BYTES = 1, READ_STRING = 2 };
enum { WHEN_SUCCESS = 1, WHEN_FAILURE = 2 };

struct call_plan {
	u8 wanted;
	u8 conditions; // how many of them there are
	u8 on;         // which results are wanted, WHEN_*
	u8 held;       // both records are made when the result is known
	u32 stop_at; // the how many-th of them stops its thread, 0 for none
	struct condition condition[MAX_CONDITIONS];
	struct read read[2][MAX_READS]; // at entry and at exit
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ABIS *CALLS_PER_ABI);
	__type(key, u32);
	__type(value, struct call_plan);
} calls SEC(".maps");
