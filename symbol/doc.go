// Package symbol gives names to addresses of a running process, and addresses
// to names.
//
//	space, err := symbol.Load(pid, nil)
//	...
//	places, err := space.Resolve("libc.so.6:malloc")
//	fmt.Println(space.Locate(pc))
//
// A Space is what is mapped into a process at one moment: a Module for each ELF
// file, with the bias by which it was loaded. A File is the ELF file itself, with
// its symbols, the function table of the Go runtime, and the line tables of its
// debugging information; each is read when first asked for, once for all the
// processes that map the file.
//
// Files belong to programs, and programs may be hostile: what a file says is
// bounded by the file's size, and a file that makes no sense is an error.
package symbol
