package strace

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/testpty"
	"github.com/utrace/utrace/tool"
)

// colourless takes the colours off.
var colourless = strings.NewReplacer(nameColour, "", errorColour, "", eventColour, "", plain, "")

// twoThreads makes a trace with all that is coloured.
func twoThreads(t *testing.T, l *Log) {
	a := attach(t, l, 100, Launched)
	enter(l, a, 0, "close", 0xffffffff)
	leave(l, a, 1, -9)
	b := attach(t, l, 101, Followed)
	enter(l, a, 2, "getpid")
	enter(l, b, 3, "gettid")
	leave(l, a, 4, 100)
	leave(l, b, 5, 101)
	enter(l, a, 6, "pause")
	leave(l, a, 7, -514)
	l.Signal(a, 10, pattern(10, 0, false), at(8))
	l.Death(b, exited(0), at(9))
	l.Death(a, killed(syscall.SIGSEGV)|dumped, at(10))
	l.Flush()
}

// Without its colours, a line is what it is without colours: results stand in their
// column. What is coloured: names of calls, errors, signals and ends.
func TestColour(t *testing.T) {
	for _, args := range []string{"-f", "-f -Z", "-f -n -a 60", "-f -tt -T"} {
		l, out := start(t, strings.Fields("-e raw=all --color "+args)...)
		twoThreads(t, l)
		p, want := start(t, strings.Fields("-e raw=all --color=never "+args)...)
		twoThreads(t, p)
		check(t, []byte(colourless.Replace(string(out.text))), string(want.text))
		if args != "-f" {
			continue
		}
		text := strings.NewReplacer(nameColour, "{name ", errorColour, "{error ", eventColour, "{event ", plain, "}").Replace(string(out.text))
		check(t, []byte(text), `
{name close}(0xffffffff)                       = {error -1 EBADF (Bad file descriptor)}
strace: Process 101 attached
[pid   100] {name getpid}( <unfinished ...>
[pid   101] {name gettid}( <unfinished ...>
[pid   100] <... {name getpid} resumed>)       = 0x64
[pid   101] <... {name gettid} resumed>)       = 0x65
[pid   100] {name pause}()                     = ? ERESTARTNOHAND (To be restarted if no handler)
[pid   100] {event --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=260, si_uid=261} ---}
[pid   101] {event +++ exited with 0 +++}
{event +++ killed by SIGSEGV (core dumped) +++}
`)
	}
}

// Who says what: the option, the environment, the kind of the output.
func TestColourWhen(t *testing.T) {
	for _, test := range []struct {
		args, term, no string
		terminal       bool
		want           bool
	}{
		{"", "xterm", "", true, true},
		{"--color=auto", "xterm", "", true, true},
		{"--color=never", "xterm", "", true, false},
		{"", "dumb", "", true, false},
		{"", "", "", true, false},
		{"", "xterm", "1", true, false},
		{"--color=auto", "xterm", "1", true, false},
		{"--color=always", "dumb", "1", true, true},
		{"", "xterm", "", false, false},
		{"--color=always", "xterm", "", false, true},
		{"-o FILE", "xterm", "", true, false},
		{"-o FILE --color=always", "xterm", "1", false, true},
		{"--json --color=always", "xterm", "", true, false},
	} {
		t.Setenv("TERM", test.term)
		t.Setenv("NO_COLOR", test.no)
		file := filepath.Join(t.TempDir(), "trace")
		screen, stderr := testpty.Open(t)
		if !test.terminal {
			var err error
			if screen, stderr, err = os.Pipe(); err != nil {
				t.Fatal(err)
			}
			defer screen.Close()
			defer stderr.Close()
		}
		o, err := ParseOptions(strings.Fields(strings.Replace(test.args, "FILE", file, 1) + " -e raw=all prog"))
		if err != nil {
			t.Fatal(err)
		}
		l, err := newLog(to(nil, tool.Descriptor(stderr.Fd())), "strace", o)
		if err != nil {
			t.Fatal(err)
		}
		p := attach(t, l, 100, Launched)
		enter(l, p, 0, "getpid")
		leave(l, p, 1, 100)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(file)
		if o.Output == "" {
			part := make([]byte, 4096)
			for err = nil; err == nil && !strings.Contains(string(text), "getpid"); {
				var n int
				n, err = screen.Read(part) // a terminal may give it in pieces
				text = append(text, part[:n]...)
			}
		}
		if err != nil || !strings.Contains(string(text), "getpid") {
			t.Fatalf("%+v: %q, %v", test, text, err)
		}
		if got := strings.Contains(string(text), "\x1b"); got != test.want {
			t.Errorf("%+v: %q", test, text)
		}
	}
	if _, err := ParseOptions([]string{"--color=sometimes", "prog"}); err == nil || err.Error() != "invalid --color argument: 'sometimes'" {
		t.Errorf("%v", err)
	}
}
