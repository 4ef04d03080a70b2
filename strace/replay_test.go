package strace

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// perform feeds a log with the story of two threads, in which everything
// happens that can.
func perform(l *Log) {
	at := time.Unix(1700000000, 123456789)
	tick := func() time.Time { at = at.Add(1500 * time.Microsecond); return at }
	mem := memory{0x1000: "/etc/hosts\x00", 0x2000: strings.Repeat("long ", 300) + "\x00", 0x3000: "\x00\x00\x00\x00\x01\x00\x00\x00"}
	main, _ := l.Attach(100, 100, Launched, tick())
	worker, _ := l.Attach(101, 100, Followed, tick())
	call := func(t *Tracee, name string, args ...uint64) {
		known, _ := syscalls.X86_64.ByName(name)
		t.Call = decode.Call{ABI: syscalls.X86_64, Nr: uint64(known.Number), TID: t.TID, Mem: mem}
		copy(t.Call.Args[:], args)
		t.IP = 0x401000
		l.SyscallEntry(t, tick())
	}
	back := func(t *Tracee, result int64, failed bool) {
		t.Call.Result, t.Call.IsError = result, failed
		l.SyscallExit(t, tick(), 700*time.Microsecond)
	}
	call(main, "openat", ^uint64(99), 0x1000, 0)
	back(main, 3, false)
	call(worker, "read", 3, 0x2000, 1500)
	call(main, "openat", ^uint64(99), 0xdead0000, 0)
	back(main, int64(syscall.EFAULT), true)
	back(worker, 1500, false)
	call(main, "wait4", ^uint64(0), 0x3000, 0, 0)
	main.Fault = FaultResult | FaultDelay
	back(main, 7, false)
	main.Fault = 0
	info := make([]byte, SiginfoSize)
	info[0] = byte(syscall.SIGUSR1)
	l.Signal(worker, int(syscall.SIGUSR1), info, tick())
	l.GroupStop(worker, int(syscall.SIGSTOP), tick())
	call(worker, "pause")
	l.Dying(worker, tick())
	l.Death(worker, 0, tick())
	call(main, "exit_group", 3)
	l.Death(main, 3<<8, tick())
}

// logged runs the story through a log and returns its lines.
func logged(t *testing.T, args ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "lines")
	opts, err := ParseOptions(append(append([]string{"-o", name}, args...), "prog"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLog(to(nil, new(collector)), "strace", opts)
	if err != nil {
		t.Fatal(err)
	}
	perform(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReplay: what a recording is printed as with some options is what would
// have been printed with them, to the last byte.
func TestReplay(t *testing.T) {
	recording := filepath.Join(t.TempDir(), "recording")
	logged(t, "-f", "--record="+recording)
	for _, options := range []string{
		"-f", "-f -T -ttt -i -n", "-f -r -a 60", "-f -s 500 -xx", "-f -X raw", "-f -e trace=openat", "-f -e trace=!read -Z",
		"-f -z", "-f -e signal=none", "-f --json", "-f -c -S calls", "-f -C -w", "-f -e raw=openat", "-f -v -P /etc/hosts", "-f -s 1024", "-f -y",
	} {
		t.Run(options, func(t *testing.T) {
			args := strings.Fields(options)
			want := logged(t, args...)
			name := filepath.Join(t.TempDir(), "replayed")
			var stdout, stderr bytes.Buffer
			if o := Replay(to(&stdout, &stderr), "replay", "", append(append([]string{"-o", name}, args...), recording)); o.Code != 0 || stderr.Len() > 0 {
				t.Fatalf("%+v, %s", o, stderr.String())
			}
			got, err := os.ReadFile(name)
			if err != nil || string(got) != want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
			}
		})
	}
	t.Run("again", func(t *testing.T) { // a recording of a recording
		second := filepath.Join(t.TempDir(), "second")
		var out bytes.Buffer
		if o := Replay(to(&out, &out), "replay", "", []string{"-e", "trace=read", "--record", second, recording}); o.Code != 0 {
			t.Fatal(out.String())
		}
		name := filepath.Join(t.TempDir(), "replayed")
		if o := Replay(to(&out, &out), "replay", "", []string{"-o", name, "-f", second}); o.Code != 0 {
			t.Fatal(out.String())
		}
		if got, _ := os.ReadFile(name); string(got) != logged(t, "-f", "-e", "trace=read") {
			t.Errorf("%s", got)
		}
	})
}

func TestReplayMistakes(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("12345 read(0, ...\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"":                      "must have the name of a recording",
		"a b":                   "must have the name of a recording",
		"-p 1 x":                "-p is for tracing, not for a recording",
		"-e inject=read:x=1 x":  "-e is for tracing, not for a recording",
		"--flight-recorder=1 x": "is for tracing",
		"/no/such/file":         "No such file or directory",
		junk:                    "not a recording of utrace strace --record",
		"/proc":                 "it is no file",
	} {
		var stderr bytes.Buffer
		if o := Replay(to(&stderr, &stderr), "replay", "", strings.Fields(args)); o.Code != 1 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%q: %+v, %s", args, o, stderr.String())
		}
	}
}

// A recording whose end was lost is played as far as it goes, and the loss is
// said.
func TestReplayCut(t *testing.T) {
	dir := t.TempDir()
	recording := filepath.Join(dir, "recording")
	logged(t, "-f", "--record="+recording)
	whole, err := os.ReadFile(recording)
	if err == nil {
		err = os.WriteFile(recording, append(whole, whole[:100]...), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	opts, err := ParseReplayOptions([]string{"-o", filepath.Join(dir, "out"), recording})
	if err != nil {
		t.Fatal(err)
	}
	if err := replay(to(io.Discard, io.Discard), opts, recording); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "out")); string(got) != logged(t, "-f") {
		t.Errorf("%s", got)
	}
}

// TestForms: every form has the story.
func TestForms(t *testing.T) {
	dir := t.TempDir()
	name := func(form string) string { return filepath.Join(dir, form) }
	lines := logged(t, "-f", "--perfetto="+name("perfetto"), "--pprof="+name("pprof"), "--html="+name("html"), "--seccomp-profile="+name("seccomp"))
	if lines != logged(t, "-f") {
		t.Errorf("other outputs change the lines:\n%s", lines)
	}
	for form, words := range map[string][]string{
		"perfetto": {"openat", `AT_FDCWD, "/etc/hosts", O_RDONLY`, "-1 EFAULT (Bad address)", "7 (INJECTED) (DELAYED)", "SIGUSR1", "stopped by SIGSTOP", "exited with 3"},
		"seccomp":  {`"SCMP_ARCH_X86_64"`, `"openat"`, `"pause"`, `"SCMP_ACT_ALLOW"`},
		"html":     {"openat", `AT_FDCWD, \"/etc/hosts\", O_RDONLY`, "EFAULT", "(INJECTED)", "SIGUSR1", "exited with 3", `"calls":2`},
	} {
		text, err := os.ReadFile(name(form))
		if err != nil {
			t.Error(err)
		}
		for _, word := range words {
			if !bytes.Contains(text, []byte(word)) {
				t.Errorf("%s does not tell of %s", form, word)
			}
		}
	}
	file, err := os.Open(name("pprof"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	p, err := profile.Parse(file)
	if err != nil || len(p.Sample) != 3 || p.Sample[0].Value[0] != 2 || p.Sample[0].Value[2] != 1 {
		t.Errorf("%v, %v", p, err)
	}
}

// TestFlightRecorder: nothing is written for a command that succeeds; one that
// fails leaves its last moments.
func TestFlightRecorder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "recording")
	lines := logged(t, "-f", "--record="+name, "--flight-recorder=64k")
	out := filepath.Join(t.TempDir(), "out")
	opts, err := ParseReplayOptions([]string{"-o", out, name})
	if err != nil {
		t.Fatal(err)
	}
	if err := replay(to(io.Discard, io.Discard), opts, name); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(out); string(got) != lines {
		t.Errorf("got %s\nwant %s", got, lines)
	}

	opts, err = ParseOptions([]string{"--record=" + name, "--flight-recorder=64k", "prog"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLog(to(nil, new(collector)), "strace", opts)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	x, _ := l.Attach(100, 100, Launched, now)
	l.Death(x, 0, now)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(name); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v", info, err)
	}
}
