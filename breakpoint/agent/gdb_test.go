package agent_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/utrace/utrace/breakpoint/agent"
)

// expressions are what people write in conditions.
var expressions = []string{
	"i", "c", "uc", "sh", "us", "u", "l", "ul",
	"i == 7", "i != 7", "i < 8", "i > 8", "i <= 7", "i >= 8", "u > i", "c < 0", "uc > 100", "l < u",
	"i + 1", "i - 10", "i * c", "l / i", "l % i", "u / i", "ul % 1000", "ul / 16", "-i", "~i", "!i", "!zero",
	"i << 3", "ul >> 4", "l >> 4", "i & 3", "i | 8", "i ^ 5", "uc << 8", "us + 1",
	"(char)300", "(unsigned char)c", "(short)u", "(long)c", "(unsigned)c", "(int)ul", "(long)u", "(unsigned long)c",
	"a[2]", "a[i - 5]", "*a", "*(a + 3)", "&a[3] - &a[0]", "s.x", "s.next->x", "s.next->next->f", "s.f", "s.g", "s.h",
	"str[1]", "*str == 104", "str[4] == 111 && str[5] == 0", "color == 6", "color",
	"p", "q", "local", "p + q == local", "p > 0 && q > 0", "p > 0 || q > 0", "!(p == 3)", "p == 3 ? l : ul",
	"$rip == $rip", "$rsp < $rbp || $rsp >= $rbp", "(int)$eflags & 1", "$rdi == 3",
	"sizeof(s)", "(long)&s.next - (long)&s", "*(long *)&s.next == (long)&s", "zero, i",
}

// gdb's bytecode of each expression has, evaluated here, the value that gdb says
// it has.
func TestLikeGDB(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the expressions have names of amd64's registers")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	if out, err := exec.Command("cc", "-g", "-O0", "-o", program, "testdata/program.c").CombinedOutput(); err != nil {
		t.Fatalf("cc: %v\n%s", err, out)
	}
	args := []string{"-nx", "-batch", "-ex", "break 28", "-ex", "run"}
	do := func(format string, v ...any) { args = append(args, "-ex", fmt.Sprintf(format, v...)) }
	do(`printf "MEMORY %%lu %%lu\n", (long)&c & ~0xfff, $rsp`)
	do("dump binary memory %s/data (long)&c&~0xfff ((long)&c&~0xfff)+0x1000", dir)
	do("dump binary memory %s/text (long)str&~0xfff ((long)str&~0xfff)+0x1000", dir)
	do("dump binary memory %s/stack $rsp-128 $rsp+512", dir)
	do(`printf "TEXT %%lu\n", (long)str & ~0xfff`)
	for n, name := range []string{"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "eflags"} {
		do(`printf "REGISTER %d %%lu\n", (long)(%s)`, n, value(name))
	}
	for n, e := range expressions {
		do("echo EXPRESSION %d\\n", n)
		do("maint agent-eval %s", e)
		do(`printf "VALUE %%lu\n", (long)(%s)`, e)
		do("echo DONE\\n")
	}
	// gdb would end at the first command that fails.
	script := filepath.Join(dir, "script")
	var lines strings.Builder
	for i := 6; i < len(args); i += 2 {
		fmt.Fprintf(&lines, "python\ntry: gdb.execute(%s)\nexcept gdb.error as e: print('ERROR', e)\nend\n", strconv.Quote(args[i+1]))
	}
	if err := os.WriteFile(script, []byte(lines.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("gdb", append(args[:6:6], "-x", script, program)...).CombinedOutput()
	if err != nil {
		t.Fatalf("gdb: %v\n%s", err, out)
	}
	compare(t, dir, string(out))
}

var disassembled = regexp.MustCompile(`(?m)^ *\d+  (.*)$`)

// compare evaluates what gdb has printed.
func compare(t *testing.T, dir, out string) {
	m := machine{memory: map[uint64][]byte{}, registers: map[int]uint64{}}
	number := func(s string) uint64 {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, out)
		}
		return v
	}
	file := func(at uint64, name string) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		m.memory[at] = b
	}
	head, rest, _ := strings.Cut(out, "EXPRESSION ")
	for line := range strings.Lines(head) {
		switch f := strings.Fields(line); {
		case len(f) == 3 && f[0] == "MEMORY":
			file(number(f[1]), "data")
			file(number(f[2])-128, "stack")
		case len(f) == 2 && f[0] == "TEXT":
			file(number(f[1]), "text")
		case len(f) == 3 && f[0] == "REGISTER":
			m.registers[int(number(f[1]))] = number(f[2])
		}
	}
	agreed := 0
	for block := range strings.SplitSeq(rest, "EXPRESSION ") {
		first, _, _ := strings.Cut(block, "\n")
		expression := expressions[number(first)]
		_, value, ok := strings.Cut(block, "VALUE ")
		var code []string
		for _, insn := range disassembled.FindAllStringSubmatch(block, -1) {
			code = append(code, insn[1])
		}
		if !ok || len(code) == 0 {
			if !strings.Contains(block, "ERROR") {
				t.Errorf("%s: %s", expression, block)
			}
			t.Logf("gdb does not compile %s", expression)
			continue
		}
		value, _, _ = strings.Cut(value, "\n")
		p, err := agent.Parse(assemble(t, strings.Join(code, "; ")))
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		got, err := p.Eval(m, nil)
		if want := number(value); err != nil || got != want {
			t.Errorf("%s: %d, %v; gdb says %d\n%s", expression, int64(got), err, int64(want), block)
			continue
		}
		agreed++
	}
	if agreed < len(expressions)*9/10 {
		t.Errorf("%d of %d expressions", agreed, len(expressions))
	}
}

// value is a register as a number. That of the flags is no number to gdb.
func value(register string) string {
	if register == "eflags" {
		return "(int)$eflags"
	}
	return "$" + register
}
