// Package paths tells which system calls touch a file: by its name in their
// arguments, or through a descriptor that is open on it. It is what strace's -P
// selects by.
package paths
