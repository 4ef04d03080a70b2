package coredump_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/testprogram"
)

// answering is a program with random memory that answers each line.
const answering = `
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	uint64_t n = 48 << 20, *memory = malloc(n), x = 1;
	for (unsigned i = 0; i < n / 8; i++) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		memory[i] = x;
	}
	do {
		puts("here");
		fflush(stdout);
	} while (getchar() != EOF);
	return 7;
}
`

// TestSlow: the process goes on although not a byte of its memory is written.
func TestSlow(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", answering))
	p.Line(t)
	begun, goOn := make(chan bool), make(chan bool)
	written := int64(0)
	w := writes(func(b []byte) {
		if written == 0 {
			close(begun)
			<-goOn
		}
		written += int64(len(b))
	})
	type outcome struct {
		coredump.Result
		err error
	}
	done := make(chan outcome)
	core := hosttest.Open(t)
	go func() {
		r, err := coredump.Dump(t.Context(), core, p.Pid, w, coredump.Options{})
		done <- outcome{r, err}
	}()
	<-begun
	p.Tell(t, "")
	p.Line(t)
	close(goOn)
	if r := <-done; r.err != nil || r.Size != written || r.Size < 48<<20 {
		t.Errorf("%d bytes were written: %+v", written, r)
	}
}

type writes func([]byte)

func (w writes) Write(p []byte) (int, error) { w(p); return len(p), nil }

// TestUntouched: memory that nobody has written is not read: the kernel would make
// page tables for all of it. One page in the middle is there, with and without a
// snapshot.
func TestUntouched(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", `
#include <stdio.h>
#include <sys/mman.h>
int main(void)
{
	unsigned long n = 16UL << 30;
	char *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return 1;
	*(unsigned long *)(p + n / 2 + 4096) = 12345;
	printf("%p\n", (void *)(p + n / 2 + 4096));
	fflush(stdout);
	getchar();
	return 7;
}
`))
	at := addresses(t, p.Line(t))[0]
	tables := func() (kilobytes int) {
		status, err := procfs.ReadFile(p.Pid, "status")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(status)) {
			fmt.Sscanf(line, "VmPTE: %d kB", &kilobytes)
		}
		return kilobytes
	}
	awaitRead(t, p.Pid) // what it touches on its way there is its own
	before := tables()
	for _, snapshot := range []bool{false, true} {
		file, r := dumpTo(t, p.Pid, coredump.Options{Snapshot: snapshot})
		if got := word(t, file, at); got != 12345 || r.Size < 16<<30 || r.Unreadable != 0 {
			t.Errorf("the word is %d; %+v", got, r)
		}
	}
	// Those of 16 GiB would be 32 MiB. What is in memory is read, and a page of it may
	// have had no table.
	if after := tables(); before == 0 || after > before+64 {
		t.Errorf("page tables before: %d kB, after: %d kB", before, after)
	}
	if status := p.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}

// TestFilterBits: each bit of coredump_filter brings what core(5) says of it, and
// nothing else.
func TestFilterBits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mapped")
	if err := os.WriteFile(file, make([]byte, 4096), 0o666); err != nil {
		t.Fatal(err)
	}
	p := testprogram.Start(t, testprogram.Build(t, "c", `
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
static int map(int fd, int flags)
{
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (p == MAP_FAILED)
		return 1;
	if (fd < 0 || flags == MAP_SHARED)
		p[8] = 1;
	printf("%p ", (void *)p);
	return 0;
}
int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDWR), bad = 0;
	bad |= map(-1, MAP_PRIVATE | MAP_ANONYMOUS);
	bad |= map(-1, MAP_SHARED | MAP_ANONYMOUS);
	bad |= map(fd, MAP_PRIVATE);
	bad |= map(fd, MAP_SHARED);
	puts("");
	fflush(stdout);
	getchar();
	return 7 + bad;
}
`), file)
	at := addresses(t, p.Line(t))
	for bit := range 4 {
		setFilter(t, p.Pid, 1<<bit)
		got := segments(t, p.Pid, coredump.Options{})
		for i, addr := range at {
			if want := i == bit; got[addr] != want {
				t.Errorf("with bit %d the mapping of bit %d is there: %v", bit, i, got[addr])
			}
		}
	}
	setFilter(t, p.Pid, 0)
	for all, want := range map[bool]bool{false: false, true: true} {
		got := segments(t, p.Pid, coredump.Options{All: all})
		for i, addr := range at {
			if got[addr] != want {
				t.Errorf("All: %v: the mapping of bit %d is there: %v", all, i, got[addr])
			}
		}
	}
	if status := p.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}

func setFilter(t *testing.T, pid int, filter uint64) {
	t.Helper()
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/coredump_filter", pid), fmt.Appendf(nil, "%#x", filter), 0); err != nil {
		t.Fatal(err)
	}
}

// segments says of the first page of each mapping whether it is in the core.
func segments(t *testing.T, pid int, options coredump.Options) map[uint64]bool {
	t.Helper()
	file, _ := dumpTo(t, pid, options)
	found := make(map[uint64]bool)
	for _, s := range programs(t, file) {
		for at := uint64(0); at < s.Memsz; at += 4096 {
			found[s.Vaddr+at] = at < s.Filesz
		}
	}
	return found
}

func programs(t *testing.T, file string) (list []elf.ProgHeader) {
	t.Helper()
	f := elfOf(t, file)
	for _, s := range f.Progs {
		list = append(list, s.ProgHeader)
	}
	return list
}

// TestUnreadable: what cannot be read is counted and zero; what the program itself
// may not read is there.
func TestUnreadable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mapped")
	if err := os.WriteFile(file, bytes.Repeat([]byte("x"), 8192), 0o666); err != nil {
		t.Fatal(err)
	}
	p := testprogram.Start(t, testprogram.Build(t, "c", `
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
int main(int argc, char **argv)
{
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, open(argv[1], O_RDWR), 0);
	unsigned long *q = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	*q = 12345;
	if (mprotect(q, 4096, PROT_NONE) || truncate(argv[1], 4096))
		return 1;
	printf("%p %p\n", (void *)p, (void *)q);
	fflush(stdout);
	getchar();
	return 7;
}
`), file)
	at := addresses(t, p.Line(t))
	for _, snapshot := range []bool{false, true} {
		core, r := dumpTo(t, p.Pid, coredump.Options{All: true, Snapshot: snapshot})
		if r.Unreadable != 4096 {
			t.Errorf("%d bytes are unreadable, want a page", r.Unreadable)
		}
		for addr, want := range map[uint64]uint64{at[0]: 0x7878787878787878, at[0] + 4096: 0, at[1]: 12345} {
			if got := word(t, core, addr); got != want {
				t.Errorf("at %#x there is %#x, want %#x", addr, got, want)
			}
		}
	}
	if status := p.End(t); status != 7 {
		t.Errorf("status %d", status)
	}
}

// stopped holds a thread.
func stopped(t *testing.T, core *utrace.Core, tid int) *utrace.Engine {
	t.Helper()
	e, err := core.Attach(t.Context(), tid, &utrace.Funcs{Reap: func(*utrace.Report, utrace.Status) {}})
	if err == nil {
		if err = e.Control(t.Context(), utrace.Stop); errors.Is(err, utrace.ErrInProgress) {
			err = e.WaitStopped(t.Context())
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestDies: the process is killed while its memory is read; or, its core being taken
// from a snapshot, that does not matter any more.
func TestDies(t *testing.T) {
	path := testprogram.Build(t, "c", answering)
	for _, snapshot := range []bool{false, true} {
		p := testprogram.Start(t, path)
		p.Line(t)
		killed := false
		w := writes(func([]byte) {
			if killed {
				return
			}
			killed = true
			syscall.Kill(p.Pid, syscall.SIGKILL)
			for {
				if stat, err := procfs.ReadStat(p.Pid); err != nil || stat.State == 'Z' {
					return
				}
			}
		})
		core, err, r := hosttest.Open(t), error(nil), coredump.Result{}
		if snapshot {
			r, err = coredump.Dump(t.Context(), core, p.Pid, w, coredump.Options{Snapshot: true})
		} else {
			r, err = coredump.Write(t.Context(), p.Pid, []*utrace.Engine{stopped(t, core, p.Pid)}, w, coredump.Options{})
		}
		if !snapshot && !errors.Is(err, utrace.ErrGone) || snapshot && (err != nil || r.Zombie != 0) {
			t.Errorf("snapshot %v: %v, %+v", snapshot, err, r)
		}
		if status := p.End(t); status != 128+int(syscall.SIGKILL) {
			t.Errorf("status %d", status)
		}
	}
}
