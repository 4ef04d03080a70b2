// Command victim makes system calls that never happen, so that two tracers can
// be compared on any call with any arguments, memory and result.
//
// It reads cases from the file named by its argument. Each call is made from
// one instruction that a seccomp filter recognises; the kernel asks a second
// thread what to answer, which writes the memory that the real call would have
// written, and gives the case's result. Before each case, a call with the
// number 9999 marks its line in the tracer's output.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

const (
	arenaAddr = 0x60000000
	arenaSize = 0x10000
	marker    = 9999
)

// fake makes a system call; fakeAddr returns the address of its code.
func fake(nr, a1, a2, a3, a4, a5, a6 uintptr) uintptr
func fakeAddr() uintptr

type patch struct {
	addr uint64
	data []byte
}

type testCase struct {
	nr          uint64
	args        [6]uint64
	result      int64
	entry, exit []patch
}

func main() {
	runtime.LockOSThread() // the main thread: the one that is traced
	// A collection would wait for the main thread, which waits in a call for
	// the thread that collects.
	debug.SetGCPercent(-1)
	if len(os.Args) != 2 {
		fail("usage: victim FILE", nil)
	}
	cases, err := readCases(os.Args[1])
	if err != nil {
		fail("cases", err)
	}
	_, _, e := syscall.RawSyscall6(mmapNumber, arenaAddr, arenaSize, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|0x100000 /* MAP_FIXED_NOREPLACE */, ^uintptr(0), 0)
	if e != 0 {
		fail("mmap", e)
	}
	listener, err := installFilter()
	if err != nil {
		fail("seccomp", err)
	}
	// The second thread knows the order of the calls: talking to it would
	// add system calls between the marker and its case.
	var calls []*testCase
	for i := range cases {
		calls = append(calls, &testCase{nr: marker, args: [6]uint64{uint64(i)}}, &cases[i])
	}
	go answer(listener, calls)
	arena := arena()
	for i, c := range calls {
		if i%2 == 0 {
			clear(arena)
			apply(arena, calls[i+1].entry)
		}
		fake(uintptr(c.nr), uintptr(c.args[0]), uintptr(c.args[1]), uintptr(c.args[2]),
			uintptr(c.args[3]), uintptr(c.args[4]), uintptr(c.args[5]))
	}
}

// arena returns the memory at a fixed address that the cases point into.
func arena() []byte {
	addr := uintptr(arenaAddr)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), arenaSize)
}

func apply(arena []byte, patches []patch) {
	for _, p := range patches {
		copy(arena[p.addr-arenaAddr:], p.data)
	}
}

func fail(what string, err error) {
	fmt.Fprintln(os.Stderr, "victim:", what, err)
	os.Exit(1)
}

func readCases(file string) ([]testCase, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := bytes.NewReader(raw)
	var n uint32
	get := func(v any) {
		if err == nil {
			err = binary.Read(r, binary.LittleEndian, v)
		}
	}
	patches := func() (out []patch) {
		var n uint32
		for get(&n); n > 0 && err == nil; n-- {
			var p patch
			var size uint32
			get(&p.addr)
			get(&size)
			p.data = make([]byte, min(size, arenaSize))
			if err == nil {
				_, err = io.ReadFull(r, p.data)
			}
			out = append(out, p)
		}
		return out
	}
	var cases []testCase
	for get(&n); n > 0 && err == nil; n-- {
		var c testCase
		get(&c.nr)
		get(&c.args)
		get(&c.result)
		c.entry, c.exit = patches(), patches()
		cases = append(cases, c)
	}
	return cases, err
}
