package bpf_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
)

// paced makes a number of calls, so many in a second, and prints how many it made
// and in how many milliseconds. It begins when it is told to.
const paced = `#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	long n = atol(argv[1]), rate = atol(argv[2]);
	char c;
	read(0, &c, 1);
	double begin = now();
	for (long i = 0; i < n; i++) {
		while (rate && i % 100 == 0 && now() < begin + (double)i / rate)
			;
		syscall(SYS_getppid);
	}
	printf("%ld %ld\n", n, (long)((now() - begin) * 1e3));
}
`

// account is what became of the events of a run.
type account struct{ handedOut, lost uint64 }

// pace runs the program under an observer of its calls of getppid.
func pace(t *testing.T, m *bpf.Monitor, calls, rate int) (got account, text string) {
	t.Helper()
	ended := make(chan struct{})
	o, err := m.NewObserver(handler(func(e *tracehook.Event) {
		switch e.Kind {
		case tracehook.SyscallEntry, tracehook.SyscallExit:
			got.handedOut++
		case tracehook.Lost:
			got.lost += e.Count
		case tracehook.Reap:
			close(ended)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	go o.Run()
	defer o.Close()
	cmd := exec.Command(compile(t, paced), strconv.Itoa(calls), strconv.Itoa(rate))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Observe(cmd.Process.Pid, tracehook.WantSyscalls); err != nil {
		t.Fatal(err)
	}
	stdin.Write([]byte("x"))
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	<-ended
	return got, out.String()
}

// TestRate: at 300,000 events a second nothing is lost with a buffer of the default
// size, which is full in less than the time that this takes. That is for a reader
// that gets a processor: another test may have it, so there are three attempts.
// What is made as fast as the machine can, into a small buffer, is all accounted for.
func TestRate(t *testing.T) {
	if err := bpf.Probe(); err != nil {
		t.Logf("nothing to test: %v", err)
		return
	}
	calls := scale.Rounds(300_000)
	m := only(nrGetppid, bpf.Call{})
	m.Room = 0
	for attempt := 1; ; attempt++ {
		got, text := pace(t, m, calls, callsPerSecond)
		t.Logf("calls and milliseconds: %s", text)
		if got.handedOut+got.lost != 2*uint64(calls) || got.lost != 0 && attempt == 3 {
			t.Errorf("%d events handed out and %d lost of %d", got.handedOut, got.lost, 2*calls)
		}
		if got.lost == 0 || t.Failed() {
			break
		}
	}
	m = only(nrGetppid, bpf.Call{})
	m.Room = 1 << 16
	got, text := pace(t, m, calls, 0)
	t.Logf("into a small buffer: %s, %d lost", text, got.lost)
	if got.handedOut+got.lost != 2*uint64(calls) {
		t.Errorf("%d events handed out and %d lost of %d", got.handedOut, got.lost, 2*calls)
	}
}
