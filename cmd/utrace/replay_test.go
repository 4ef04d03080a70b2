package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReplayOfLive: a recording prints as the trace did that was written at the
// same time.
func TestReplayOfLive(t *testing.T) {
	dir := t.TempDir()
	live, recording, replayed := filepath.Join(dir, "live"), filepath.Join(dir, "recording"), filepath.Join(dir, "replayed")
	for _, options := range []string{"-f", "-f -yy -T -ttt", "-f -v -s 500 -X verbose"} {
		args := append([]string{"strace", "-o", live, "--record=" + recording}, strings.Fields(options)...)
		o := utraceCommand(t, append(args, "sh", "-c", "cat /etc/hostname | wc -c; (exit 3); kill -TERM $$")...)
		if o.signal != syscall.SIGTERM {
			t.Fatalf("%+v", o)
		}
		args = append([]string{"replay", "-o", replayed}, strings.Fields(options)...)
		if o := utraceCommand(t, append(args, recording)...); o.status != 0 || o.stderr != "" {
			t.Fatalf("%+v", o)
		}
		want, err := os.ReadFile(live)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(replayed)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
			for i := range min(len(w), len(g)) {
				if w[i] != g[i] {
					t.Errorf("%s: line %d\nlive   %s\nreplay %s", options, i+1, w[i], g[i])
					break
				}
			}
		}
	}
	// A summary has no news of processes that are over.
	if o := utraceCommand(t, "replay", "-c", recording); !strings.Contains(o.stdout, "% time") || strings.Contains(o.stderr, "attached") {
		t.Errorf("%+v", o)
	}
	// Without -o the lines are on standard output.
	if o := utraceCommand(t, "replay", "-e", "trace=kill", recording); !strings.Contains(o.stdout, ", SIGTERM) ") {
		t.Errorf("%+v", o)
	}
}

// TestFlightRecorder: the last moments are kept of a program that crashes, and
// are written when asked for.
func TestFlightRecorder(t *testing.T) {
	dir := t.TempDir()
	recording := filepath.Join(dir, "recording")
	o := utraceCommand(t, "strace", "-f", "--record="+recording, "--flight-recorder=16k", "sh", "-c", "for i in $(seq 5000); do cd /; done; kill -SEGV $$")
	if o.signal != syscall.SIGSEGV || !strings.Contains(o.stderr, "was killed by SIGSEGV: the flight recorder is in ") {
		t.Fatalf("%+v", o)
	}
	if info, err := os.Stat(recording); err != nil || info.Size() == 0 || info.Size() > 64<<10 {
		t.Errorf("%v, %v", info, err)
	}
	o = utraceCommand(t, "replay", recording)
	if n := strings.Count(o.stdout, "chdir("); n < 50 || n == 5000 || !strings.HasSuffix(o.stdout, "+++ killed by SIGSEGV +++\n") {
		t.Errorf("%d calls in %+v", n, o)
	}
	if err := os.Remove(recording); err != nil {
		t.Fatal(err)
	}

	// The program waits until the recording is there.
	cmd := command(t, "strace", "--mode=stop", "--record="+recording, "--flight-recorder=1M", "sh", "-c", "kill -USR2 $PPID; until [ -s "+recording+" ]; do sleep 0.01; done")
	o = finish(t, cmd)
	if o.status != 0 || !strings.Contains(o.stderr, "asked for by SIGUSR2: the flight recorder is in ") {
		t.Errorf("%+v", o)
	}
	if o = utraceCommand(t, "replay", recording); !strings.Contains(o.stdout, "execve(") {
		t.Errorf("%+v", o)
	}
}

// TestRecordingOfKilledTracer: what was recorded up to a second before the
// tracer was killed can be read.
func TestRecordingOfKilledTracer(t *testing.T) {
	recording := filepath.Join(t.TempDir(), "recording")
	cmd := command(t, "strace", "--record="+recording, "--kill-on-exit", "sh", "-c", "cd /; exec sleep 1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(recording); err == nil && info.Size() > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing is written")
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	o := utraceCommand(t, "replay", recording)
	if o.status != 0 || !strings.Contains(o.stdout, `chdir("/")`) {
		t.Errorf("%+v", o)
	}
}
