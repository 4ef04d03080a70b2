// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What goes through the ring buffer: a header, then what the kind has, then what
// was captured of the thread's memory. record.go reads it.
#pragma once

// Kinds of records.
enum {
	SYSCALL_ENTRY = 1,
	SYSCALL_EXIT = 2,
	SIGNAL = 3,
	CLONE = 4,
	VFORK_DONE = 5,
	EXEC = 6,
	EXIT = 7,
	DEATH = 8,
	REAP = 9,
	SENT = 10,
	SYSCALL_RETURN = 11, // a SYSCALL_EXIT of which the entry says the rest
};

// Optional events.
enum {
	WANT_SYSCALLS = 1,
	WANT_CLONES = 2,
	WANT_VFORK_DONE = 4,
	WANT_EXIT = 8,
	WANT_SENT = 16,
	FORGET = 1 << 30, // no event, but the end of observing
};

// Flags of a record.
enum {
	COMPAT = 1,    // the call came through the 32-bit ABI
	PAIRED = 2,    // the entry of this exit was reported
	RESTARTED = 4, // the kernel restarts an interrupted call
	MISSED = 8,    // something of the memory could not be read
	LATE = 16,     // captures of the entry follow those of the exit
	CHOSEN = 32,   // this is the call that its thread is to be stopped for
	SUMMONED = 64, // and it has been sent the signal that does it
};

struct header {
	u64 serial;    // names the thread, whatever becomes of its id
	u64 time;      // CLOCK_MONOTONIC
	u64 lost_time; // when the last of the lost events happened
	u64 start;     // of the thread, in nanoseconds since boot
	u32 lost;      // events of the thread that had no room, since it is observed
	u32 tid, pid;  // in the observer's PID namespace
	u8 kind, flags;
	u16 captures; // how many follow
};

// The records of calls are most of all: what they leave out need not go through
// the processor's caches, which are the program's.
struct call_record {
	struct header h;
	u64 used; // on a processor, in calls, as far as it was measured
	u64 ip, sp, nr;
	u64 args[6];
	s64 result; // not of SYSCALL_ENTRY
};

struct return_record {
	struct header h;
	u64 used;
	s64 result;
};

struct signal_record {
	struct header h;
	u32 signal;
	u16 known; // whether info is the kernel's
	u16 fate;  // TRACE_SIGNAL_*, of SENT
	u8 info[48];
};

struct clone_record {
	struct header h;
	u64 serial, start; // of the child, 0 if it is not observed
	u64 flags;
	u32 tid, pid;
};

struct exec_record {
	struct header h;
	u32 former;
	u32 pad;
};

struct end_record {
	struct header h;
	s32 status;
	s32 parent_signal;
};

// A piece of the thread's memory, with the data after it up to a multiple of 8.
struct capture {
	u64 addr;
	u32 length;
	u32 flags;
};

enum {
	CAPTURE_LATE = 2,   // belongs to the entry, and was read at exit
};
