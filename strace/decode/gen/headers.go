package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// constant is a macro or an enumerator with an integer for a value.
type constant struct {
	name  string
	value uint64
}

var (
	macro = regexp.MustCompile(`(?m)^#define ([A-Za-z]\w*) (.+)$`)
	enum  = regexp.MustCompile(`(?s)\benum\b[^{};()]*\{(.*?)\}`)
	word  = regexp.MustCompile(`^\s*([A-Za-z]\w*)`)
)

// constants returns all that headers define, in the order of their text. Whether
// a macro is a number is left to the compiler: of those that are no constant
// expression it makes something else, and they are left out.
func constants(headers []string) ([]constant, error) {
	dir, err := os.MkdirTemp("", "constants")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var source strings.Builder
	for _, h := range headers {
		fmt.Fprintf(&source, "#include <%s>\n", h)
	}
	text, err := compiler(dir, source.String(), "-E", "-dD", "-P")
	if err != nil {
		return nil, err
	}
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] && !strings.HasPrefix(name, "__") {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, m := range macro.FindAllSubmatch(text, -1) {
		add(string(m[1]))
	}
	plain := regexp.MustCompile(`(?m)^#.*$`).ReplaceAll(text, nil)
	for _, m := range enum.FindAllSubmatch(plain, -1) {
		for part := range bytes.SplitSeq(m[1], []byte(",")) {
			if w := word.FindSubmatch(part); w != nil {
				add(string(w[1]))
			}
		}
	}
	return evaluate(dir, source.String(), names)
}

// evaluate asks the compiler for the values. It is told of each name in a line of
// its own, so that the names of which it complains can be left out.
func evaluate(dir, source string, names []string) ([]constant, error) {
	complaint := regexp.MustCompile(`in\.c:(\d+):\d+: error`)
	for range 20 {
		var b strings.Builder
		b.WriteString(source)
		first := strings.Count(source, "\n") + 1
		for _, n := range names {
			fmt.Fprintf(&b, "enum { V_%s = ((%s) < 0) + sizeof(char [1 + 0 * (%s)]) }; static const unsigned long long v_%s = (%s);\n", n, n, n, n, n)
		}
		if err := os.WriteFile(filepath.Join(dir, "in.c"), []byte(b.String()), 0o600); err != nil {
			return nil, err
		}
		out, err := exec.Command("cc", "-w", "-fmax-errors=0", "-fsyntax-only", filepath.Join(dir, "in.c")).CombinedOutput()
		if err == nil {
			return values(dir, source, names)
		}
		bad := map[int]bool{}
		for _, m := range complaint.FindAllSubmatch(out, -1) {
			var line int
			fmt.Sscan(string(m[1]), &line)
			bad[line] = true
		}
		var good []string
		for i, n := range names {
			if !bad[first+i] {
				good = append(good, n)
			}
		}
		if len(good) == len(names) {
			return nil, fmt.Errorf("cc: %s", out)
		}
		names = good
	}
	return nil, fmt.Errorf("cc finds ever more mistakes in %d names", len(names))
}

// values runs a program that prints them.
func values(dir, source string, names []string) (list []constant, err error) {
	var b strings.Builder
	b.WriteString(source)
	b.WriteString("int printf(const char *, ...);\nint main(void) {\n")
	for _, n := range names {
		// An int that is negative is a 32-bit field's value.
		fmt.Fprintf(&b, "printf(\"%s %%llu\\n\", sizeof(%s) <= 4 ? (unsigned long long)(unsigned)(%s) : (unsigned long long)(%s));\n", n, n, n, n)
	}
	b.WriteString("}\n")
	program := filepath.Join(dir, "values")
	if _, err := compiler(dir, b.String(), "-w", "-o", program); err != nil {
		return nil, err
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		var c constant
		if _, err := fmt.Sscan(lines.Text(), &c.name, &c.value); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, lines.Err()
}

func compiler(dir, source string, args ...string) ([]byte, error) {
	file := filepath.Join(dir, "in.c")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	cmd := exec.Command("cc", append(args, file)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cc: %w\n%s", err, stderr.Bytes())
	}
	return out, nil
}
