// Package procfs reads what /proc says about one thread.
//
// Every function takes a thread id and means that very thread, not its
// process: it goes through /proc/TID/task/TID, because some files directly
// under /proc/TID (stat, for one) sum up all threads.
//
// A thread can be gone at any moment. Errors are of type *Error, which says
// what was asked about whom; the kernel's ENOENT for a missing directory is
// turned into ESRCH, so that errors.Is(err, syscall.ESRCH) is the one question
// to ask.
//
// The parsers are functions of their own and take whatever they are given: a
// program chooses its name and its arguments freely, parentheses and newlines
// included.
package procfs
