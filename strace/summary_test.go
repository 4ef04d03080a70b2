package strace

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/syscalls"
)

func summaryOf(t *testing.T, args string) string {
	t.Helper()
	var s Summary
	add := func(abi *syscalls.ABI, name string, failed bool, d time.Duration) {
		c, _ := abi.ByName(name)
		s.Add(abi, uint64(c.Number), failed, d)
	}
	for range 3 {
		add(syscalls.X86_64, "clock_nanosleep", false, 400228*time.Microsecond)
	}
	for range 30000 {
		add(syscalls.X86_64, "getppid", false, 44706*time.Nanosecond)
	}
	add(syscalls.X86_64, "close", false, 36*time.Microsecond)
	add(syscalls.X86_64, "close", true, 36900*time.Nanosecond)
	var out bytes.Buffer
	if err := s.Write(&out, parse(t, args+" true").Summary); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSummary(t *testing.T) {
	check(t, []byte(summaryOf(t, "-c")), `
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 52.76    1.341180          44     30000           getppid
 47.24    1.200684      400228         3           clock_nanosleep
  0.00    0.000073          36         2         1 close
------ ----------- ----------- --------- --------- ----------------
100.00    2.541937          84     30005         1 total
`)
	check(t, []byte(summaryOf(t, "-c -S nothing -U name,min-time,max-time,calls")), `
syscall          shortest  longest     calls
---------------- -------- -------- ---------
close            0.000036 0.000037         2
getppid          0.000045 0.000045     30000
clock_nanosleep  0.400228 0.400228         3
---------------- -------- -------- ---------
total            0.000036 0.400228     30005
`)
	check(t, []byte(summaryOf(t, "-c -S name -O 1s -U time")), `
% time syscall
------ ----------------
  0.00 clock_nanosleep
  0.00 close
  0.00 getppid
------ ----------------
100.00 total
`)
}

func TestSummaryOrder(t *testing.T) {
	for by, want := range map[string]string{
		"time":     "getppid clock_nanosleep close",
		"min-time": "clock_nanosleep getppid close",
		"longest":  "clock_nanosleep getppid close",
		"avg-time": "clock_nanosleep getppid close",
		"calls":    "getppid clock_nanosleep close",
		"errors":   "close getppid clock_nanosleep",
		"name":     "clock_nanosleep close getppid",
		"none":     "close getppid clock_nanosleep",
	} {
		lines := strings.Split(summaryOf(t, "-c -U name -S "+by), "\n")
		if g := strings.Join(lines[2:5], " "); g != want {
			t.Errorf("-S %s: %s, want %s", by, g, want)
		}
	}
}

// The ABIs of one program have a table each; numbers without a name share a row.
func TestSummaryABIs(t *testing.T) {
	var s Summary
	s.Add(syscalls.X86_64, 3000, true, 0)
	s.Add(syscalls.X86_64, 1<<63, true, 0)
	s.Add(syscalls.I386, 20, false, 0)
	var out bytes.Buffer
	if err := s.Write(&out, parse(t, "-c -U calls true").Summary); err != nil {
		t.Fatal(err)
	}
	check(t, out.Bytes(), `
    calls syscall
--------- ----------------
        2 syscall_???
--------- ----------------
        2 total
System call usage summary for 32 bit mode:
    calls syscall
--------- ----------------
        1 getpid
--------- ----------------
        1 total
`)
}

// The heading and the lines have the widths of strace's.
func TestSummaryLikeStrace(t *testing.T) {
	columns := "time-percent,total-time,min-time,max-time,avg-time,calls,errors,name"
	out, err := exec.Command(realStrace(t), "-c", "-U", columns, "true").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	theirs := strings.Split(string(out), "\n")
	ours := strings.Split(summaryOf(t, "-c -U "+columns), "\n")
	for i := range 2 {
		if ours[i] != theirs[i] {
			t.Errorf("got  %q\nwant %q", ours[i], theirs[i])
		}
	}
}

// -c alone writes no lines; -w counts the time between entry and exit.
func TestSummaryOfLog(t *testing.T) {
	for args, seconds := range map[string]string{"-c": "0.000001", "-c -w": "0.250000", "-C": "0.000001"} {
		l, out := start(t, strings.Fields(args+" -e raw=all -e trace=getpid")...)
		p := attach(t, l, 100, Launched)
		enter(l, p, 0, "getpid")
		leave(l, p, 250, 1)
		enter(l, p, 0, "getuid")
		leave(l, p, 250, 1)
		l.Signal(p, 10, nil, at(251))
		l.Death(p, exited(0), at(252))
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		got := string(out.text)
		if strings.HasPrefix(got, "% time") != strings.HasPrefix(args, "-c") {
			t.Errorf("%s: lines:\n%s", args, got)
		}
		if !strings.Contains(got, "\n100.00    "+seconds) || strings.Contains(got, "getuid") {
			t.Errorf("%s: want %s s in\n%s", args, seconds, got)
		}
	}
}

// TestSummaryPercentiles: columns that strace has not.
func TestSummaryPercentiles(t *testing.T) {
	check(t, []byte(summaryOf(t, "-c -S p99 -U p50,p99,calls,name")), `
     p50      p99     calls syscall
-------- -------- --------- ----------------
0.400228 0.400228         3 clock_nanosleep
0.000045 0.000045     30000 getppid
0.000037 0.000037         2 close
-------- -------- --------- ----------------
0.000045 0.000045     30005 total
`)
}
