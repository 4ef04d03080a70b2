package gdbserver

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/utrace/utrace/gdbserver/rsp"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

// libraries is qXfer:libraries-svr4: the shared objects that the dynamic linker
// keeps a list of (struct link_map of link.h).
func (s *session) libraries(dst []byte, t *thread, x rsp.Transfer) ([]byte, error) {
	list, err := rsp.ParseLibraries(x.Annex)
	if err != nil {
		return nil, err
	}
	pid := t.p.pid
	return s.withMemory(dst, t.p, func(dst []byte, r memory) ([]byte, error) {
		w := words{memory: r, size: s.abi(t).WordSize()}
		debug, err := debugAddress(w, pid)
		if err != nil && list.Start == 0 {
			return nil, failed // the client finds another way
		}
		return s.piece(dst, x, []byte(libraryList(w, debug, list))), nil
	})
}

// words reads numbers of a process whose pointers have a size.
type words struct {
	memory
	size int
}

func (w words) at(addr uint64) (uint64, error) {
	var b [8]byte
	if _, err := w.ReadMemory(addr, b[:w.size]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

// text reads a string that ends with a zero, up to a length.
func (w words) text(addr uint64) string {
	var b [4096]byte
	n, _ := w.ReadMemory(addr, b[:]) // as much as there is
	text, _, _ := strings.Cut(string(b[:n]), "\x00")
	return text
}

// The fields of struct link_map, and of struct r_debug, in words.
const (
	linkAddr, linkName, linkDynamic, linkNext, linkPrev = 0, 1, 2, 3, 4

	debugMap, debugNext = 1, 5
	// maxSpaces is more than the C library has (DL_NNS).
	maxSpaces = 64
	// maxLibraries and maxList end a list that a program has made endless, or long.
	maxLibraries = 1 << 14
	maxList      = 1 << 22
)

// libraryList is the list as XML: of all name spaces (dlmopen(3)), or the rest of
// one.
func libraryList(w words, debug uint64, x rsp.Libraries) string {
	var b strings.Builder
	b.WriteString(`<library-list-svr4 version="1.0"`)
	left := maxLibraries
	if x.Start != 0 {
		b.WriteString(">")
		w.libraries(&b, &left, x.Space, x.Start, x.Prev, 0)
		b.WriteString("</library-list-svr4>")
		return b.String()
	}
	main, _ := w.at(debug + uint64(debugMap*w.size)) // 0 is an empty list
	if debug != 0 && main != 0 {
		fmt.Fprintf(&b, ` main-lm="0x%x"`, main)
	}
	b.WriteString(">")
	for n := 0; debug != 0 && n < maxSpaces; n++ {
		if first, err := w.at(debug + uint64(debugMap*w.size)); err == nil {
			w.libraries(&b, &left, debug, first, 0, main)
		}
		version, err := w.at(debug)
		if err != nil || version&0xffffffff < 2 {
			break // there is only one name space
		}
		if debug, err = w.at(debug + uint64(debugNext*w.size)); err != nil {
			break
		}
	}
	b.WriteString("</library-list-svr4>")
	return b.String()
}

// libraries lists those of one name space from a link map on, as long as some are left of
// those that a list may have. The main one is the program itself, which is not listed.
func (w words) libraries(b *strings.Builder, left *int, space, at, prev, main uint64) {
	for ; at != 0 && *left > 0 && b.Len() < maxList; *left-- {
		var link [5]uint64
		for i := range link {
			v, err := w.at(at + uint64(i*w.size))
			if err != nil {
				return
			}
			link[i] = v
		}
		if link[linkPrev] != prev {
			return // the list is being changed
		}
		if at != main {
			if name := w.text(link[linkName]); name != "" {
				fmt.Fprintf(b, `<library name="%s" lm="0x%x" l_addr="0x%x" l_ld="0x%x" lmid="0x%x"/>`,
					attribute(name), at, link[linkAddr], link[linkDynamic], space)
			}
		}
		prev, at = at, link[linkNext]
	}
}

// The numbers of elf.h and auxvec.h that lead to struct r_debug.
const (
	auxPHDR, auxPHENT, auxPHNUM = 3, 4, 5
	ptDynamic, ptPHDR           = 2, 6
	dtDebug                     = 21
)

// debugAddress finds the dynamic linker's struct r_debug: DT_DEBUG of the program's
// dynamic section, where program headers are where the kernel said.
func debugAddress(w words, pid int) (uint64, error) {
	aux, err := procfs.Auxv(pid, w.size)
	if err != nil {
		return 0, err
	}
	var phdr, entry, count uint64
	for _, a := range aux {
		switch a.Type {
		case auxPHDR:
			phdr = a.Value
		case auxPHENT:
			entry = a.Value
		case auxPHNUM:
			count = a.Value
		}
	}
	if count > 1<<10 || entry > 1<<8 {
		return 0, failed
	}
	var bias, dynamic, size uint64
	found := false
	for i := range count {
		kind, vaddr, length, err := w.header(phdr + i*entry)
		if err != nil {
			return 0, err
		}
		switch kind {
		case ptPHDR:
			bias = phdr - vaddr
		case ptDynamic:
			dynamic, size, found = vaddr, length, true
		}
	}
	if !found {
		return 0, failed
	}
	for at := uint64(0); at < min(size, 1<<16); at += uint64(2 * w.size) {
		tag, err := w.at(bias + dynamic + at)
		if err != nil {
			return 0, err
		}
		if tag == dtDebug {
			return w.at(bias + dynamic + at + uint64(w.size))
		}
	}
	return 0, failed
}

// header reads what matters of a program header (Elf32_Phdr, Elf64_Phdr).
func (w words) header(at uint64) (kind, vaddr, size uint64, err error) {
	vaddrAt, sizeAt := uint64(16), uint64(40)
	if w.size == 4 {
		vaddrAt, sizeAt = 8, 20
	}
	if kind, err = w.at(at); err != nil {
		return 0, 0, 0, err
	}
	if vaddr, err = w.at(at + vaddrAt); err != nil {
		return 0, 0, 0, err
	}
	size, err = w.at(at + sizeAt)
	return kind & 0xffffffff, vaddr, size, err
}

// abi is that of the thread's program; before anything is known of it, this
// machine's own.
func (s *session) abi(t *thread) regset.ABI {
	if l := t.p.layout; l != nil {
		return l.abi
	}
	if held := t.p.held(); held != nil {
		if r, err := held.engine.Held(); err == nil {
			return r.ABI()
		}
	}
	return regset.NativeABI()
}
