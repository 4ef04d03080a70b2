// Command gen writes what package learn knows of all calls, a table for each
// architecture that has programs to observe with.
package main

import (
	"bytes"
	"fmt"
	"os"

	"github.com/utrace/utrace/strace/learn"
	"github.com/utrace/utrace/syscalls"
)

var architectures = map[string][]*syscalls.ABI{
	"amd64":   {syscalls.X86_64, syscalls.I386, syscalls.X32},
	"arm64":   {syscalls.ARM64},
	"ppc64le": {syscalls.PPC64LE},
}

func main() {
	for arch, abis := range architectures {
		var table bytes.Buffer
		if err := learn.Write(&table, abis); err != nil {
			fatal(err)
		}
		if err := os.WriteFile("calls_"+arch+".txt", table.Bytes(), 0o644); err != nil {
			fatal(err)
		}
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "gen:", err)
	os.Exit(1)
}
