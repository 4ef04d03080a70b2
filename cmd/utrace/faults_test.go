package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace/internal/testprogram"
)

// TestFaultsLikeStrace: the same rule has the same effect, and prints the same,
// under strace and under utrace strace.
func TestFaultsLikeStrace(t *testing.T) {
	const script = `for i in 1 2 3 4; do cd /tmp && echo $i $PWD; done; echo end`
	for _, rule := range []string{
		"inject=chdir:retval=7",
		"inject=chdir:retval=0:when=2",
		"inject=chdir:retval=0xfffffffffffffffe:when=2",
		"inject=chdir:error=ENOENT:when=2",
		"inject=chdir:error=5:when=2+",
		"inject=chdir:error=EIO:when=1+2",
		"inject=chdir:error=EIO:when=2..3",
		"fault=chdir:when=3..3",
		"fault=%file:error=EXDEV:when=3+",
		"inject=chdir:delay_enter=2000:delay_exit=1ms",
		"inject=chdir:poke_enter=@arg1=2f00:when=2",
		"inject=chdir:poke_exit=@arg1=2f00",
		"inject=chdir:signal=SIGUSR1:when=3",
		"inject=chdir:signal=CHLD:when=3",
		"inject=chdir:error=EPERM:signal=URG",
		"inject=chdir:error=ENOENT:poke_exit=@arg1=2f00:delay_exit=1",
		"inject=chdir:syscall=getpid:error=ENOTDIR",
		"inject=chdir:frob=1",
		"fault=chdir:retval=1",
	} {
		t.Run(rule, func(t *testing.T) {
			args := []string{"-e", "trace=chdir", "-e", rule, "sh", "-c", script}
			want := finish(t, exec.Command("strace", args...))
			got := finish(t, command(t, append([]string{"strace"}, args...)...))
			got.stderr = strings.ReplaceAll(got.stderr, "utrace strace: ", "strace: ")
			if got != want {
				t.Errorf("strace %+v\nutrace %+v", want, got)
			}
		})
	}
}

// TestPokeLikeStrace: memory that cannot be changed, or not all of it, and arguments
// that a call does not have.
func TestPokeLikeStrace(t *testing.T) {
	program := testprogram.Build(t, "c", `
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
int main()
{
	char *p = mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	syscall(SYS_chdir, "/nonexistent");
	syscall(SYS_chdir, 0);
	p[4094] = 'a';
	syscall(SYS_chdir, p + 4094);
	p[4094] = 'a';
	syscall(SYS_chdir, p + 4093);
	syscall(SYS_chdir, mmap((void *)0x20000000, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}
`)
	lines := func(cmd *exec.Cmd) (list []string) {
		// What strace says of itself, and where a message falls into an open line, are not
		// compared.
		text := regexp.MustCompile(`strace: (upoken|umovestr): .*\n| <unfinished ...>\n|<\.\.\. chdir resumed>`).ReplaceAllString(finish(t, cmd).stderr, "")
		notices := regexp.MustCompile(`strace: poke_tcb: .*\n`)
		for _, notice := range notices.FindAllString(text, -1) {
			list = append(list, regexp.MustCompile(`process \d+`).ReplaceAllString(notice, "process"))
		}
		text = regexp.MustCompile(` {2,}=`).ReplaceAllString(notices.ReplaceAllString(text, ""), " =")
		return append(list, strings.Split(text, "\n")...)
	}
	for _, poke := range []string{
		"poke_enter=@arg1=2f746d7000",
		"poke_exit=@arg1=2f746d7000",
		"poke_enter=@arg2=00",
		"poke_enter=@arg2=00,@arg1=2f746d7000",
		"poke_enter=@arg1=2f00:poke_exit=@arg2=00",
	} {
		args := []string{"-e", "trace=chdir", "-e", "inject=chdir:" + poke, program}
		want := lines(exec.Command("strace", args...))
		got := lines(command(t, append([]string{"strace"}, args...)...))
		if !slices.Equal(got, want) {
			t.Errorf("%s:\nstrace %s\nutrace %s", poke, strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
	}
}

// TestFaultsBySeed: the same seed draws the same lots in all threads and
// processes, and a seed that was chosen for the user is said.
func TestFaultsBySeed(t *testing.T) {
	const script = `f() { for i in 1 2 3 4 5 6 7 8 9 10 11 12; do cd / 2>&-; printf $?; done; echo; }; f >a & f >b & wait; f >c`
	run := func(args ...string) (results, stderr string) {
		dir := t.TempDir()
		cmd := command(t, append(append([]string{"strace", "-f", "-o", "/dev/null"}, args...), "sh", "-c", script)...)
		cmd.Dir = dir
		o := finish(t, cmd)
		for _, name := range []string{"a", "b", "c"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			results += string(text)
		}
		return results, o.stderr
	}
	const rule = "-einject=chdir:errno={EIO,EPERM}:prob=50%"
	first, said := run(rule)
	_, seed, ok := strings.Cut(said, "--seed=")
	seed, _, _ = strings.Cut(seed, " ")
	if !ok || !strings.Contains(first, "0") || !strings.ContainsAny(first, "12") {
		t.Fatalf("%q, %q", first, said)
	}
	again, said := run(rule, "--seed="+seed)
	if again != first || said != "" {
		t.Errorf("with the seed %s: %q, then %q; %q", seed, first, again, said)
	}
	other, _ := run(rule, "--seed=1"+seed)
	if other == first {
		t.Errorf("another seed, the same: %q", first)
	}
}

// TestFaultPlan: a file of rules, of which the last that fits decides.
func TestFaultPlan(t *testing.T) {
	dir := t.TempDir()
	plan := filepath.Join(dir, "plan")
	file := filepath.Join(dir, "file")
	text := "# first all, then one\ninject=openat:error=EIO:path=" + file + "\nfault=openat:error=ENOSPC:when=2:path=" + file + "\n"
	for name, text := range map[string]string{plan: text, file: "text\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o := utraceCommand(t, "strace", "-z", "--fault-plan="+plan, "--json", "-o", filepath.Join(dir, "trace"), "sh", "-c", "cat <"+file+";: <"+file)
	trace, err := os.ReadFile(filepath.Join(dir, "trace"))
	if err != nil || o.status != 2 || !strings.Contains(o.stderr, "/output error") {
		t.Errorf("%+v, %v", o, err)
	}
	if bytes.Contains(trace, []byte("injected")) {
		t.Errorf("a failed call in %s", trace)
	}
	o = utraceCommand(t, "strace", "--fault-plan="+plan, "--json", "-P", file, "sh", "-c", "cd <"+file+";cd <"+file)
	if n := strings.Count(o.stderr, `"injected":["result"]`); n < 1 || !strings.Contains(o.stderr, `"errno":"EIO"`) {
		t.Errorf("%+v", o)
	}
	if o = utraceCommand(t, "strace", "--fault-plan="+file, "true"); o.status != 1 || !strings.Contains(o.stderr, "line 1: 'text'") {
		t.Errorf("%+v", o)
	}
}
