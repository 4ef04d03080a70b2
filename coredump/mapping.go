package coredump

import (
	"bytes"
	"os"
	"strconv"
	"strings"

	"github.com/utrace/utrace/internal/procfs"
)

// Bits of /proc/PID/coredump_filter (core(5)).
const (
	anonymousPrivate = 1 << iota
	anonymousShared
	filePrivate
	fileShared
	elfHeaders
	hugePrivate
	hugeShared
)

// everything is a filter that asks for all, also for what core(5) has no bit for:
// memory that the program wants in no core.
const everything = ^uint64(0)

// usualFilter is the kernel's default.
const usualFilter = anonymousPrivate | anonymousShared | elfHeaders | hugePrivate

// page is the size of the pages that this package counts in; real ones are
// multiples of it.
const page = 4096

// wholePage is the size of a page of this machine, which cores are laid out by.
var wholePage = uint64(os.Getpagesize())

// traits is what smaps tells of a mapping and maps does not.
type traits struct {
	written  bool   // it has pages that are not a file's, in memory or swapped out
	resident uint64 // how many bytes of it there are, in memory or swapped out
	huge     bool
	// unwanted: the program wants it in no core. device: reading it may do things.
	unwanted, device bool
	// unforked: a child does not get it, or gets zeros. watched: by userfaultfd.
	unforked, watched bool
}

// readTraits reads smaps, which takes the kernel a while: so it is done before
// the process is stopped. By the address where a mapping begins.
func readTraits(pid int) map[uint64]traits {
	text, err := procfs.ReadFile(pid, "smaps")
	if err != nil {
		return nil
	}
	return parseTraits(text)
}

func parseTraits(text []byte) map[uint64]traits {
	list := make(map[uint64]traits)
	var at uint64
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, []byte{'\n'})
		if m, err := procfs.ParseMapping(line); err == nil {
			at = m.Start
			continue
		}
		x := list[at]
		switch name, rest, _ := strings.Cut(string(line), ":"); name {
		case "Rss":
			x.resident += size(rest)
		case "Swap":
			x.resident += size(rest)
			x.written = x.written || size(rest) != 0
		case "Anonymous":
			x.written = x.written || size(rest) != 0
		case "VmFlags":
			for _, flag := range strings.Fields(rest) {
				x.huge = x.huge || flag == "ht"
				x.unwanted = x.unwanted || flag == "dd"
				x.device = x.device || flag == "io"
				x.unforked = x.unforked || flag == "dc" || flag == "wf"
				x.watched = x.watched || flag == "um" || flag == "uw" || flag == "ui"
			}
		}
		list[at] = x
	}
	return list
}

// size reads what smaps counts in kibibytes.
func size(text string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 54)
	return n << 10
}

// fromKernel reports whether a mapping is the kernel's own: it is dumped in any case
// (always_dump_vma), but not all of it can be read.
func fromKernel(m *procfs.Mapping) bool {
	return m.Path == "[vdso]" || m.Path == "[vsyscall]" || strings.HasPrefix(m.Path, "[vvar")
}

// dumped is how much of a mapping belongs into the core (vma_dump_size in
// fs/coredump.c of the kernel).
func dumped(m *procfs.Mapping, x traits, filter uint64) uint64 {
	whole := m.End - m.Start
	has := func(bit uint64) bool { return filter&bit != 0 }
	deleted := strings.HasSuffix(m.Path, " (deleted)") || strings.HasPrefix(m.Path, "/SYSV")
	switch {
	case fromKernel(m):
		return whole
	case x.device, x.unwanted && filter != everything:
		return 0
	case x.huge && m.Shared && has(hugeShared), x.huge && !m.Shared && has(hugePrivate):
		return whole
	case x.huge:
		return 0
	case m.Shared && deleted && has(anonymousShared), m.Shared && !deleted && has(fileShared):
		return whole
	case m.Shared:
		return 0
	case m.Inode == 0 && !x.written && !m.Read && !m.Write && !m.Exec:
		return 0 // a guard page
	case (m.Inode == 0 || x.written) && has(anonymousPrivate):
		return whole
	case m.Inode == 0:
		return 0
	case has(filePrivate):
		return whole
	case has(elfHeaders) && m.Offset == 0 && m.Read:
		return wholePage // if it is one: see header
	}
	return 0
}
