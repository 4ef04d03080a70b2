package layout

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// most is how many lines a port may take that somebody has to write.
const most = 600

// optional are files of a port without which the rest works, as docs/porting.md says.
var optional = regexp.MustCompile(`_(watch|sve)\.go$|/watch_|/vptrace/|/bpf/|/learn/|/gdbserver/`)

// TestPorting counts what the ports have taken. docs/porting.md may lag behind by
// a tenth.
func TestPorting(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "porting.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range []string{"arm64", "ppc64le", "riscv64", "s390x"} {
		lines, more := linesOf(t, port)
		if lines >= most {
			t.Errorf("the port to %s has %d lines, which are too many for an afternoon", port, lines)
		}
		said := regexp.MustCompile(`\| ` + port + ` \| (\d+) \| (\d+) \|`).FindSubmatch(text)
		if said == nil {
			t.Errorf("docs/porting.md does not tell the lines of %s, which are %d, and %d of optional parts", port, lines, more)
			continue
		}
		for i, lines := range []int{lines, more} {
			if n, _ := strconv.Atoi(string(said[i+1])); n < lines*9/10 || n > lines*11/10 {
				t.Errorf("docs/porting.md says that %s has %d lines, which are %d", port, n, lines)
			}
		}
	}
}

// linesOf counts the lines of hand-written files in Go and in its assembler that have
// the architecture in their name, but no tests; more are those of optional parts. The
// headers are of the program that tests trace.
func linesOf(t *testing.T, port string) (lines, more int) {
	t.Helper()
	family := strings.Replace(port, "ppc64le", "ppc64(le|x)", 1)
	name := regexp.MustCompile(`(^|[/_])` + family + `(_[a-z]+)?\.(go|s)$`)
	top := root(t)
	err := filepath.WalkDir(top, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !name.MatchString(path) || strings.HasSuffix(path, "_test.go") {
			if e != nil && e.IsDir() && (strings.HasPrefix(e.Name(), ".") && path != top || e.Name() == "testdata") {
				return filepath.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(path)
		switch n := bytes.Count(text, []byte("\n")); {
		case bytes.HasPrefix(text, []byte("// Code generated")):
		case optional.MatchString(path):
			more += n
		default:
			lines += n
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, more
}

// elsewhere are packages that read what was recorded or dumped on a Linux machine,
// or know its tables; they are of use on any machine.
var elsewhere = []string{"./regset", "./syscalls", "./tracehook", "./record/...", "./top"}

// TestElsewhere builds them for other systems.
func TestElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the standard library of another system")
	}
	for _, system := range []string{"darwin", "windows"} {
		cmd := exec.Command("go", append([]string{"build"}, elsewhere...)...)
		cmd.Dir = root(t)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH=arm64")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("GOOS=%s %v: %v\n%s", system, cmd.Args, err, text)
		}
	}
}
