package strace

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/tracehook/bpf"
)

// takingOver is a program whose second thread calls execve, under a name that is no
// UTF-8, when it has got a signal and has a child.
const takingOver = `#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(int sig) {}

// ended waits until the leader is a zombie.
static void ended(void)
{
	char line[256] = "";
	while (!strstr(line, ") Z ")) {
		FILE *f = fopen("/proc/self/stat", "r");
		fgets(line, sizeof line, f);
		fclose(f);
		usleep(1000);
	}
}

static void *second(void *leaves)
{
	if (leaves)
		ended();
	prctl(PR_SET_NAME, "b\xff\xfe" "ad");
	signal(SIGUSR1, nothing);
	raise(SIGUSR1);
	if (fork() == 0)
		_exit(3);
	wait(NULL);
	execl("/bin/true", "true", (char *)0);
	return leaves;
}

int main(int argc, char **argv)
{
	pthread_t t;
	pthread_create(&t, NULL, second, argv[1]);
	if (argv[1])
		syscall(SYS_exit, 42);
	for (;;)
		pause();
}
`

// TestThreadExec: a thread that calls execve goes on as the leader, whatever the mode,
// in the lines and on the tracks of Perfetto, also when the leader has ended before:
// how it did is not how the program ends.
func TestThreadExec(t *testing.T) {
	modes := []string{"--mode=stop", "--mode=observe"}
	if err := bpf.Probe(); err != nil {
		t.Logf("only one mode is tested, because %v", err)
		modes = modes[:1]
	}
	program := testprogram.Build(t, "c", takingOver, "-pthread")
	story := regexp.MustCompile(`(?s)^(\d+) .*\n\d+ +\+\+\+ exited with 3 \+\+\+\n.*` +
		`\n(\d+) +execve\("/bin/true".*\n(\d+) +\+\+\+ superseded by execve in pid (\d+) \+\+\+\n` +
		`(\d+) +<\.\.\. execve resumed>.*\n(\d+) +\+\+\+ exited with 0 \+\+\+\n$`)
	for i := range 2 * len(modes) {
		mode, command := modes[i/2], []string{program, "leaves"}[:1+i%2]
		dir := t.TempDir()
		lines, tracks := filepath.Join(dir, "lines"), filepath.Join(dir, "tracks")
		var said bytes.Buffer
		args := append([]string{mode, "-f", "-o", lines, "--perfetto=" + tracks}, command...)
		if o := Run(context.Background(), to(&said, &said), "strace", "", args); o != (Outcome{}) {
			t.Errorf("%s: the program ended with %+v", mode, o)
		}
		text, err := os.ReadFile(lines)
		if err != nil {
			t.Fatal(err)
		}
		ids := story.FindStringSubmatch(string(text))
		if ids == nil || ids[1] == ids[2] || ids[4] != ids[2] || ids[3] != ids[1] || ids[5] != ids[1] || ids[6] != ids[1] {
			t.Errorf("%s: %q of\n%s%s", mode, ids, text, &said)
		}
		file, err := os.ReadFile(tracks)
		if err != nil {
			t.Fatal(err)
		}
		checkTracks(t, file)
	}
}

// fields takes a message apart: numbers and texts, by field.
func fields(t *testing.T, b []byte) (numbers map[protowire.Number]uint64, texts map[protowire.Number][]byte) {
	numbers, texts = make(map[protowire.Number]uint64), make(map[protowire.Number][]byte)
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		if kind == protowire.VarintType {
			numbers[field], n = protowire.ConsumeVarint(b)
		} else {
			texts[field], n = protowire.ConsumeBytes(b)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
	}
	return numbers, texts
}

// checkTracks: what Perfetto takes for granted, and counts as an error of the trace
// without showing it. A track is described before it is used; its events are in the
// order of their times; what ends has begun, and one call ends before the next begins.
func checkTracks(t *testing.T, file []byte) {
	t.Helper()
	type track struct {
		time  uint64
		depth int
	}
	tracks := make(map[uint64]*track)
	for len(file) > 0 {
		_, _, n := protowire.ConsumeTag(file)
		packet, m := protowire.ConsumeBytes(file[n:])
		file = file[n+m:]
		numbers, texts := fields(t, packet)
		if descriptor := texts[60]; descriptor != nil {
			id, thread := fields(t, descriptor)
			if tracks[id[1]] == nil {
				tracks[id[1]] = new(track)
			}
			if _, name := fields(t, thread[4]); !utf8.Valid(name[5]) {
				t.Errorf("a thread is called %q", name[5])
			}
			continue
		}
		event, _ := fields(t, texts[11])
		at := tracks[event[11]]
		if at == nil {
			t.Fatalf("an event of track %d, which is not known", event[11])
		}
		if numbers[8] < at.time {
			t.Errorf("track %d goes back in time", event[11])
		}
		at.time = numbers[8]
		switch event[9] {
		case 1:
			at.depth++
		case 2:
			at.depth--
		}
		if at.depth != 0 && at.depth != 1 {
			t.Fatalf("track %d is in %d calls", event[11], at.depth)
		}
	}
	for id, at := range tracks {
		if at.depth != 0 {
			t.Errorf("a call on track %d never ends", id)
		}
	}
}
