package bpf_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// absent opens files whose names are in memory that is not resident: in a page of
// a file that nobody has looked at yet, and nowhere.
const absent = `#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	ftruncate(fd, 8192);
	pwrite(fd, "/no/such/file", 14, 4096 - 5);
	char c;
	read(0, &c, 1);
	char *name = mmap(0, 8192, PROT_READ, MAP_PRIVATE, fd, 0);
	madvise(name, 8192, MADV_RANDOM);
	open(name + 4096 - 5, O_RDONLY);
	open((char *)0x123456000, O_RDONLY);
	return 0;
}
`

// TestAbsent: a string that is not in memory when the call begins is read when it
// ends, and one that is not there at all is marked.
func TestAbsent(t *testing.T) {
	w := newWatch(t, only(nrOpenat, bpf.Call{Entry: []bpf.Read{{String: true, Base: bpf.Arg(1), Most: 4096}}}))
	if w == nil {
		return
	}
	program := compile(t, absent)
	cmd := exec.Command(program, program+".data")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Observe(cmd.Process.Pid, tracehook.WantSyscalls); err != nil {
		t.Fatal(err)
	}
	stdin.Write([]byte("x"))
	cmd.Wait()
	w.until(tracehook.Reap, cmd.Process.Pid)
	var late, missing bool
	var entry sighting
	for _, s := range w.seen {
		switch {
		case s.Kind == tracehook.SyscallEntry:
			entry = s
		case s.Kind == tracehook.SyscallExit && entry.Missed && s.late != nil:
			var text [13]byte
			n, err := s.late.ReadMemory(s.Syscall.Args[1], text[:])
			if string(text[:]) != "/no/such/file" || s.Syscall.Result != -2 {
				t.Errorf("late: %q (%v), result %d", text[:n], err, s.Syscall.Result)
			}
			late = true
		case s.Kind == tracehook.SyscallExit && s.Syscall.Args[1] == 0x123456000:
			missing = true
			if !entry.Missed || !s.Missed || s.late != nil || s.Syscall.Result != -14 {
				t.Errorf("nowhere: %+v, %+v", entry.Event, s.Event)
			}
		}
	}
	if !late || !missing {
		t.Errorf("read late: %v; nowhere: %v", late, missing)
	}
}

// TestCut: a read copies what it says, and strings end where they end.
func TestCut(t *testing.T) {
	w := newWatch(t, only(nrOpenat, bpf.Call{Entry: []bpf.Read{
		{String: true, Base: bpf.Arg(1), Most: 8},
		{Base: bpf.Arg(1), Skip: 1, Most: 3},
	}}))
	if w == nil {
		return
	}
	cmd := exec.Command("sh", "-c", "read x; true < /"+strings.Repeat("n", 100))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Observe(cmd.Process.Pid, tracehook.WantSyscalls); err != nil {
		t.Fatal(err)
	}
	stdin.Write([]byte("\n"))
	cmd.Wait()
	w.until(tracehook.Reap, cmd.Process.Pid)
	for _, s := range w.seen {
		if s.Kind != tracehook.SyscallEntry {
			continue
		}
		var text [20]byte
		if n, _ := s.now.ReadMemory(s.Syscall.Args[1], text[:]); string(text[:n]) == "/nnnnnnn" {
			return
		}
	}
	t.Errorf("no call has the first eight bytes of its path: %+v", w.seen)
}
