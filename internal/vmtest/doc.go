// Package vmtest runs test binaries inside emulated machines of other
// architectures, under stock kernels.
//
// A guest is a kernel, an archive of files as its only file system, and a
// console. The archive is made here, with a static init that runs one job
// after the other and says on the console how each ended. No disk, no network,
// no root privilege. What a guest is made of comes from scripts/guests.
//
// The command vmtest/vmtest uses it in two ways: as go test's -exec, with one
// boot for each package, or with a list of packages, which are all tested in
// one boot.
//
// Guests have one processor. With two of them emulated, every hand-over
// between tracer and tracee costs milliseconds, which is the time that most of
// our tests consist of.
package vmtest
