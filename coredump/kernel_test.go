package coredump_test

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/hold"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/testprogram"
)

// note is a note of a core.
type note struct {
	name    string
	typ     uint32
	content []byte
}

func (n note) String() string { return fmt.Sprintf("%s %#x, %d bytes", n.name, n.typ, len(n.content)) }

// elfOf opens a core.
func elfOf(t *testing.T, file string) *elf.File {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func notes(t *testing.T, file string) (list []note) {
	t.Helper()
	f := elfOf(t, file)
	for _, s := range f.Progs {
		if s.Type != elf.PT_NOTE {
			continue
		}
		b := make([]byte, s.Filesz)
		if _, err := s.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
		for len(b) >= 12 {
			name, size := f.ByteOrder.Uint32(b), f.ByteOrder.Uint32(b[4:])
			begin := 12 + (name+3)&^3
			list = append(list, note{string(b[12 : 12+name-1]), f.ByteOrder.Uint32(b[8:]), b[begin : begin+size]})
			b = b[begin+(size+3)&^3:]
		}
	}
	return list
}

// Types of notes.
const (
	prstatus = 1
	prpsinfo = 3
	xstate   = 0x202
	layout   = 0x205 // NT_X86_XSAVE_LAYOUT, of Linux 6.12 and later
)

// component is a part of the extended state (struct x86_xfeat_component).
type component struct{ Number, Size, Offset, Flags uint32 }

// layoutOf is what the notes say about where these parts are.
func layoutOf(t *testing.T, list []note) (parts []component) {
	t.Helper()
	for _, n := range list {
		if n.name == "LINUX" && n.typ == layout {
			parts = make([]component, len(n.content)/16)
			if _, err := binary.Decode(n.content, binary.LittleEndian, parts); err != nil {
				t.Fatal(err)
			}
		}
	}
	return parts
}

// extended is the content of an NT_X86_XSTATE, wherever its parts are.
func (n note) extended(parts []component) string {
	head := slices.Clone(n.content[:576])
	head[512] &^= 3 // whether the registers of FXSAVE are in use: they are there in any case
	text := fmt.Sprintf("extended %x", head)
	for _, c := range parts {
		text += fmt.Sprintf(" %d: %x", c.Number, n.content[c.Offset:c.Offset+c.Size])
	}
	return text
}

// comparable is the content of a note without what differs between two looks at
// one process.
func (n note) comparable(word int, parts []component) string {
	b := slices.Clone(n.content)
	switch {
	case n.typ == prstatus && n.name == "CORE": // pr_utime to pr_cstime
		at := 16 + 2*word + 4*4
		clear(b[at : at+8*word])
		if runtime.GOARCH == "ppc64le" { // msr, which says what units the thread has in use just now
			msr := at + 8*word + 33*8
			clear(b[msr : msr+8])
		}
	case n.typ == prpsinfo && n.name == "CORE": // pr_state, pr_sname, pr_zomb, pr_nice, pr_flag
		clear(b[:2*word])
	case n.typ == xstate && len(parts) != 0:
		return n.extended(parts)
	case n.typ == layout:
		text := "layout"
		for _, c := range parts {
			text += fmt.Sprintf(" %d: %d bytes, flags %#x", c.Number, c.Size, c.Flags)
		}
		return text
	}
	return fmt.Sprintf("%v %x", n, b)
}

// crasher ends by a fault, while other threads wait.
const crasher = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static int ready[2];
static void *sleeper(void *p)
{
	if (write(ready[1], "x", 1) != 1)
		abort();
	for (;;)
		pause();
	return p;
}
int main(void)
{
	pthread_t t;
	char c;
	if (pipe(ready))
		return 1;
	for (int i = 0; i < 3; i++) {
		pthread_create(&t, NULL, sleeper, NULL);
		if (read(ready[0], &c, 1) != 1)
			return 1;
	}
	puts("ready");
	fflush(stdout);
	getchar();
	*(volatile int *)0x1234 = 1;
	return 7;
}
`

// corePattern is the name of the kernel's cores, relative to a working directory.
func corePattern(t *testing.T) string {
	t.Helper()
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(string(pattern))
	if strings.ContainsAny(name, "|/%") {
		t.Skipf("the kernel gives cores to %q here, not to a file in the working directory", name)
	}
	return name
}

// TestAsKernel: the core of a crash that is held has the notes of the one that the
// kernel writes when the process is let go, with the same content, and the same
// memory, whatever the filter asks for.
func TestAsKernel(t *testing.T) {
	name := corePattern(t)
	for _, c := range []struct {
		mode   string
		word   int
		filter uint64
	}{{"-m64", 8, 0x33}, {"-m32", 4, 0x33}, {"-m64", 8, 0}, {"-m64", 8, 1 << 4}, {"-m64", 8, 0x7f}} {
		mode, word := c.mode, c.word
		once := func(t *testing.T, last bool) bool {
			dir := t.TempDir()
			path := testprogram.Build(t, "c", crasher, mode, "-pthread")
			// On one CPU: the kernel writes the number of the present one into
			// each thread's memory (rseq(2)).
			p := testprogram.Start(t, "/bin/sh", "-c", fmt.Sprintf("cd %s; ulimit -c unlimited; exec taskset $(taskset -p $$ | sed 's/.*[^0]\\(0*\\)$/1\\1/') %s", dir, path))
			p.Line(t)
			setFilter(t, p.Pid, c.filter)
			core := hosttest.Open(t)
			ours := filepath.Join(dir, "ours")
			written := make(chan error, 1)
			h, err := hold.Attach(t.Context(), core, p.Pid, utrace.Process, hold.Options{OnCrash: func(c *hold.Crash) {
				out, err := os.Create(ours)
				if err == nil {
					_, err = coredump.Write(t.Context(), p.Pid, c.Engines, out,
						coredump.Options{Thread: c.Engine.Thread().ID(), Signal: &c.Signal})
					out.Close()
				}
				written <- err
				c.Release()
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer h.Detach()
			p.Tell(t, "")
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			if status := p.End(t); status != 128+int(syscall.SIGSEGV) {
				t.Errorf("status %d", status)
			}
			theirs, err := filepath.Glob(filepath.Join(dir, name+"*"))
			if err != nil || len(theirs) != 1 {
				t.Fatalf("the kernel has written %v, %v", theirs, err)
			}
			if !last && different(t, notes(t, ours), notes(t, theirs[0]), word) {
				return false
			}
			compareNotes(t, notes(t, ours), notes(t, theirs[0]), word)
			compareMemory(t, ours, theirs[0])
			compareViews(t, path, ours, theirs[0])
			return true
		}
		t.Run(fmt.Sprintf("%s %#x", mode, c.filter), func(t *testing.T) {
			// The kernel may find a thread that was let go, and has not begun its call
			// once more.
			for try := 1; !once(t, try == 3); try++ {
			}
		})
	}
}

// comparable makes a text of each thread's notes: the first has those of the
// process, too, also the one at the end. The kernel has the others in any order.
func comparable(list []note, word int, parts []component) (threads []string) {
	for _, n := range list {
		if n.typ == prstatus && n.name == "CORE" {
			threads = append(threads, "")
		}
		i := len(threads) - 1
		if n.typ == layout {
			i = 0
		}
		threads[i] += n.comparable(word, parts) + "\n"
	}
	slices.Sort(threads[1:])
	return threads
}

func compareNotes(t *testing.T, got, want []note, word int) {
	t.Helper()
	ours, theirs := layoutOf(t, got), layoutOf(t, want)
	if theirs == nil {
		theirs = ours
		got = slices.DeleteFunc(got, func(n note) bool { return n.typ == layout })
	}
	a, b := comparable(got, word, ours), comparable(want, word, theirs)
	if len(a) != len(b) {
		t.Fatalf("%d and %d threads", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Errorf("we have\n%s\nand the kernel\n%s", a[i], b[i])
		}
	}
}

// different reports whether the registers of a thread are not the same.
func different(t *testing.T, got, want []note, word int) bool {
	ours, theirs := layoutOf(t, got), layoutOf(t, want)
	return theirs != nil && !slices.Equal(comparable(got, word, ours), comparable(want, word, theirs))
}

func compareMemory(t *testing.T, ours, theirs string) {
	t.Helper()
	a := elfOf(t, ours)
	b := elfOf(t, theirs)
	if len(a.Progs) != len(b.Progs) {
		t.Fatalf("%d and %d segments", len(a.Progs), len(b.Progs))
	}
	for i, s := range a.Progs {
		k := b.Progs[i]
		s.Off, k.Off = 0, 0
		if s.Type != elf.PT_LOAD || s.Filesz == 0 && k.Filesz == 0 {
			continue
		}
		if s.ProgHeader != k.ProgHeader {
			t.Errorf("our segment is %+v, the kernel's %+v", s.ProgHeader, k.ProgHeader)
			continue
		}
		x, y := make([]byte, s.Filesz), make([]byte, s.Filesz)
		if _, err := s.ReadAt(x, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := k.ReadAt(y, 0); err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(x); at += 8 {
			if binary.LittleEndian.Uint64(x[at:]) != binary.LittleEndian.Uint64(y[at:]) {
				t.Errorf("at %#x we have %x, and the kernel %x", s.Vaddr+uint64(at), x[at:at+8], y[at:at+8])
				break
			}
		}
	}
}
