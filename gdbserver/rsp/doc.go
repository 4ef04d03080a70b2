// Package rsp is the remote serial protocol of gdb (appendix E of gdb's manual):
// the framing of packets, and the content of each family of them in a file of
// its own, parsed and encoded. It knows nothing of processes.
//
// A packet's content is a []byte without frame, checksum and run-length
// encoding. Whatever the other side sends is bad until it is parsed: every
// parser takes any bytes, and says no by an [Error] or a false.
package rsp
