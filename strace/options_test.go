package strace

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/syscalls"
)

// refused are command lines with the message of strace 6.1.
var refused = []struct {
	args string
	want string
}{
	{"", "must have PROG [ARGS] or -p PID"},
	{"-Q", "invalid option -- 'Q'"},
	{"-fQ true", "invalid option -- 'Q'"},
	{"-p", "option requires an argument -- 'p'"},
	{"-E", "option requires an argument -- 'E'"},
	{"-p abc", "Invalid process id: 'abc'"},
	{"-p 12,abc true", "Invalid process id: 'abc'"},
	{"-p 0", "Invalid process id: '0'"},
	{"-p -1", "Invalid process id: '-1'"},
	{"-p 0x10", "Invalid process id: '0x10'"},
	{"-p 1,,2 true", "Invalid process id: ''"},
	{"-p 99999999999 true", "Invalid process id: '99999999999'"},
	{"--attach=q true", "Invalid process id: 'q'"},
	{"-s abc true", "invalid -s argument: 'abc'"},
	{"-s -1 true", "invalid -s argument: '-1'"},
	{"-s 0x10 true", "invalid -s argument: '0x10'"},
	{"-s 99999999999 true", "invalid -s argument: '99999999999'"},
	{"--string-limit=q true", "invalid --string-limit argument: 'q'"},
	{"-a x true", "invalid -a argument: 'x'"},
	{"-a -5 true", "invalid -a argument: '-5'"},
	{"--columns=q true", "invalid --columns argument: 'q'"},
	{"-I 9 true", "invalid -I argument: '9'"},
	{"-I abc true", "invalid -I argument: 'abc'"},
	{"--interruptible=foo true", "invalid --interruptible argument: 'foo'"},
	{"-X foo true", "invalid -X argument: 'foo'"},
	{"--const-print-style=foo true", "invalid --const-print-style argument: 'foo'"},
	{"-O x true", "invalid -O argument: 'x'"},
	{"-O -1 true", "invalid -O argument: '-1'"},
	{"-O 1h true", "invalid -O argument: '1h'"},
	{"-O nan true", "invalid -O argument: 'nan'"},
	{"--strings-in-hex=q true", "invalid --strings-in-hex argument: 'q'"},
	{"--relative-timestamps=q true", "invalid --relative-timestamps argument: 'q'"},
	{"--absolute-timestamps=q true", "invalid --absolute-timestamps argument: 'q'"},
	{"--syscall-times=q true", "invalid --syscall-times argument: 'q'"},
	{"-r=5 true", "invalid option -- '='"},
	{"-S foo true", "invalid sortby: 'foo'"},
	{"-U foo true", "unknown column name: 'foo'"},
	{"-U calls, -c true", "unknown column name: ''"},
	{"-U name,name,calls -c true", "call summary column has been provided more than once: 'name' (-U option residual: 'name,calls')"},
	{"-e foo true", "invalid system call 'foo'"},
	{"-e foo=bar true", "invalid system call 'foo=bar'"},
	{"-e trace= true", "invalid system call ''"},
	{"-e trace=all,none true", "invalid system call 'none'"},
	{"-e trace=foo@bar true", "incorrect personality designator 'bar' in qualification 'foo@bar'"},
	{"--trace true", "invalid system call 'true'"},
	{"-e signal=foo true", "invalid signal 'foo'"},
	{"-e signal= true", "invalid signal ''"},
	{"-e signal=9999 true", "invalid signal '9999'"},
	{"-e signal=CLD true", "invalid signal 'CLD'"},
	{"-e status=foo true", "invalid status 'foo'"},
	{"-e status=all,failed true", "invalid status 'all'"},
	{"-e quiet=foo true", "invalid quiet 'foo'"},
	{"--quiet=q true", "invalid quiet 'q'"},
	{"-e read=foo true", "invalid descriptor 'foo'"},
	{"-e read=0x5 true", "invalid descriptor '0x5'"},
	{"-e write=1,2,200000000000 true", "invalid descriptor '200000000000'"},
	{"-e decode-fds=foo true", "invalid decode-fds 'foo'"},
	{"-b foo true", "Syscall 'foo' for -b isn't supported"},
	{"--foo true", "unrecognized option '--foo'"},
	{"--foo=bar true", "unrecognized option '--foo=bar'"},
	{"--tr=open true", "option '--tr=open' is ambiguous; possibilities: '--trace-path' '--trace'"},
	{"-DDDD true", "Too many -D's (4), maximum supported -D count is 3"},
	{"--follow-forks=1 true", "option '--follow-forks' doesn't allow an argument"},
	{"--decode true", "option '--decode' is ambiguous; possibilities: '--decode-fds' '--decode-pids'"},
	{"--user", "option '--user' requires an argument"},
	{"-ff -c true", "(-c/--summary-only or -C/--summary) and -ff/--output-separately are mutually exclusive"},
	{"-ff -o |cat true", "piping the output and -ff/--output-separately are mutually exclusive"},
	{"-w true", "-w/--summary-wall-clock must be given with (-c/--summary-only or -C/--summary)"},
	{"-U name true", "-U/--summary-columns must be given with (-c/--summary-only or -C/--summary)"},
	{"-c -C true", "-c/--summary-only and -C/--summary are mutually exclusive"},
	{"-t --absolute-timestamps=unix true", "-t and --absolute-timestamps cannot be provided simultaneously"},
	{"-y --decode-fds=path true", "-y and --decode-fds cannot be provided simultaneously"},
	{"-yy -e decode-fds=dev true", "-y and --decode-fds cannot be provided simultaneously"},
	{"-f --follow-forks true", "-f and --follow-forks cannot be provided simultaneously"},
	{"-ff --output-separately true", "-ff and --output-separately cannot be provided simultaneously"},
	{"-x --strings-in-hex true", "-x and --strings-in-hex cannot be provided simultaneously"},
	{"-q -e quiet=exit true", "-q and -e quiet/--quiet cannot be provided simultaneously"},
	{"-o /nonexistent/x true", "Can't fopen '/nonexistent/x': No such file or directory"},
	{"-e kill-on-exit true", "invalid system call 'kill-on-exit'"},
}

// refusal parses and, where that succeeds, opens the outputs.
func refusal(args []string) string {
	o, err := ParseOptions(args)
	if err == nil {
		var l *Log
		if l, err = NewLog(o); err == nil {
			l.Close()
			return ""
		}
		return "utrace strace: " + err.Error() + "\n"
	}
	var usage *UsageError
	if !errors.As(err, &usage) {
		return err.Error()
	}
	return usage.Text("utrace strace")
}

func TestRefused(t *testing.T) {
	for _, c := range refused {
		got, _, _ := strings.Cut(refusal(strings.Fields(c.args)), "\n")
		if got != "utrace strace: "+c.want {
			t.Errorf("%q:\n got %s\nwant utrace strace: %s", c.args, got, c.want)
		}
	}
}

// The whole text is strace's, but for the program's name.
func TestRefusedLikeStrace(t *testing.T) {
	strace := realStrace(t)
	for _, c := range refused {
		args := strings.Fields(c.args)
		cmd := exec.Command(strace, args...)
		cmd.Args[0] = "strace"
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%q: strace accepts this", c.args)
			continue
		}
		want := strings.ReplaceAll(strings.ReplaceAll(string(out), "strace: ", "utrace strace: "), "'strace -h'", "'utrace strace -h'")
		if got := refusal(args); got != want {
			t.Errorf("%q:\n got %swant %s", c.args, got, want)
		}
	}
}

// accepted are command lines that strace takes.
var accepted = []string{
	"true", "-- true -x", "-f true", "-ffttTyy true", "-fttT -s10 -a 5 true", "-p1,2 -p 3 true", "-eopen,close true",
	"-e t=read -e s=TERM -e a=none -e v=all -e x=read -e r=0 -e w=1,2 true", "-e silent=all true", "-e !open true",
	"-e trace=%file,?nosuch true", "-e trace=/^open@64 true", "-e trace=read, true", "-e trace=!none true", "-z -Z true", "-zq true",
	"-c -S name -U name,calls true", "-C -w true", "-c -O 1.5us true", "-c -O 1e3 true", "-o /dev/null -A true", "-E A=B -E C true",
	"-u root true", "-P /etc/passwd -P x true", "-b execve true", "-I 3 true", "-I never_tstp true", "-X raw true", "-xx true", "-v true", "-qqqq true", "-tttt true",
	"--absolute-timestamps=format:unix,precision:ns true", "--timestamps true", "--absolute-timestamps=none true", "--relative true",
	"--syscall-times=ms true", "--strings-in-hex=all true", "--decode-fds=all true", "--decode-fds=none true", "--follow --output-sep -o /tmp/x true", "--successful-only true",
	"--fail true", "--signal=!io true", "--silent true", "-F true", "-d -V", "-h", "--seccomp-bpf -f true", "-e signal=255,0 true",
}

func TestAccepted(t *testing.T) {
	for _, args := range accepted {
		if _, err := ParseOptions(strings.Fields(args)); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestWarningsLikeStrace(t *testing.T) {
	strace := realStrace(t)
	for _, c := range []string{
		"-z -Z -e none true", "-A -qq -e none true", "-S name -qq -e none true", "-F -qq -e none true", "-f -F -qq -e none true", "--seccomp-bpf -qq -e none true",
		"-c -n -e none true", "-c -i -r -t -T -e none true", "-c -y -e none true",
	} {
		cmd := exec.Command(strace, strings.Fields(c)...)
		cmd.Args[0] = "strace"
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("strace %s: %v", c, err)
		}
		o, err := ParseOptions(strings.Fields(c))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.Lines(string(out)) {
			if text, ok := strings.CutPrefix(line, "strace: "); ok {
				want = append(want, strings.TrimSpace(text))
			}
		}
		if !slices.Equal(o.Warnings, want) {
			t.Errorf("%q:\n got %q\nwant %q", c, o.Warnings, want)
		}
	}
}

func parse(t *testing.T, args string) *Options {
	t.Helper()
	o, err := ParseOptions(strings.Fields(args))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOptionValues(t *testing.T) {
	o := parse(t, "-ffttTyy -xs 5 -p 1,2 -p3 -o f -E A=B -E C -u me -P x -z -I2 -n -i --json --kill-on-exit --mode=stop prog -c arg")
	if !slices.Equal(o.Command, []string{"prog", "-c", "arg"}) || !slices.Equal(o.PIDs, []int{1, 2, 3}) ||
		!slices.Equal(o.Env, []string{"A=B", "C"}) || !slices.Equal(o.Paths, []string{"x"}) {
		t.Errorf("lists: %+v", o)
	}
	if !o.Follow || !o.Separate || o.StringLimit != 5 || o.Output != "f" || o.User != "me" || o.Status != Successful ||
		o.Interruptible != 2 || !o.CallNumber || !o.InstructionPointer || !o.JSON || !o.KillOnExit || o.Mode != ModeStop ||
		o.DecodeFDs != allFDDetails || o.CallTime != Microseconds || o.Timestamp != (Timestamp{Precision: Microseconds}) {
		t.Errorf("values: %+v", o)
	}
	if o := parse(t, "-o f prog"); o.Interruptible != 3 || o.Quiet != QuietAttach|QuietPersonality {
		t.Errorf("-o: %+v", o)
	}
	if o := parse(t, "-p 1 -o f"); o.Interruptible != 2 || o.Quiet != 0 {
		t.Errorf("-p -o: %+v", o)
	}
	o = parse(t, "-c -O 2ms -S calls -U errors prog")
	if o.Summary.Overhead != 2*time.Millisecond || o.Summary.SortBy != ColumnCalls || !slices.Equal(o.Summary.Columns, []Column{ColumnErrors, ColumnName}) {
		t.Errorf("summary: %+v", o.Summary)
	}
	read, _ := syscalls.X86_64.ByName("read")
	write, _ := syscalls.X86_64.ByName("write")
	o = parse(t, "-e abbrev=read -e verbose=!read -e trace=read prog")
	for set, want := range map[*syscalls.Set][2]bool{o.Full: {false, true}, o.Opaque: {true, false}, o.Trace: {true, false}} {
		got := [2]bool{set.Contains(syscalls.X86_64, uint64(read.Number)), set.Contains(syscalls.X86_64, uint64(write.Number))}
		if got != want {
			t.Errorf("sets: %v, want %v", got, want)
		}
	}
	if o := parse(t, "-d -h -Q"); !o.Help {
		t.Error("-h does not end the options")
	}
}

// What is not carried out is refused by name.
func TestUnsupported(t *testing.T) {
	for _, args := range []string{"--tips", "--tips=full", "--secontext", "--secontext=full"} {
		_, err := ParseOptions(append(strings.Fields(args), "true"))
		name, _, _ := strings.Cut(args, "=")
		if err == nil || !strings.HasPrefix(err.Error(), name) || !strings.Contains(err.Error(), "not supported") {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestUsageNamesEveryOption(t *testing.T) {
	text := Usage("utrace strace")
	for _, o := range optionTable {
		if _, no := unsupported[o.key]; no || o.short == 'F' {
			continue
		}
		if o.short != 0 && !strings.Contains(text, "-"+string(o.short)) {
			t.Errorf("-%c is not in the help", o.short)
		}
	}
	if strings.Contains(text, "PROGRAM") || !strings.HasPrefix(text, "Usage: utrace strace ") {
		t.Error(text)
	}
}

// No command line makes the parser panic, and what it accepts can be used.
func FuzzOptions(f *testing.F) {
	for _, args := range accepted {
		f.Add(args)
	}
	for _, c := range refused {
		f.Add(c.args)
	}
	f.Fuzz(func(t *testing.T, line string) {
		o, err := ParseOptions(strings.Fields(line))
		if (o == nil) == (err == nil) {
			t.Fatalf("%v, %v", o, err)
		}
		if err == nil && !o.Help && !o.Version && len(o.Command) == 0 && len(o.PIDs) == 0 {
			t.Error("nothing to trace")
		}
	})
}
