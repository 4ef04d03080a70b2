//go:build linux && (amd64 || 386)

package breakpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/procfs"
)

const codeAddr = 0x10000000

// Functions of one instruction, and of two; of both machines.
var (
	function = []byte{0x90, 0xc3}       // nop; ret
	another  = []byte{0x55, 0x5d, 0xc3} // push; pop; ret
)

// mapper is the program, and the file that it maps.
type mapper struct {
	*target
	file string
}

func startMapper(t *testing.T, bits int, file string) *mapper {
	t.Helper()
	other := filepath.Join(t.TempDir(), "another")
	if err := os.WriteFile(other, another, 0o666); err != nil {
		t.Fatal(err)
	}
	return &mapper{waiting(t, compiled(t, "maps", bits), file, other), file}
}

func functionFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "function")
	if err := os.WriteFile(file, function, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// do has the program follow commands.
func (p *mapper) do(t *testing.T, commands string) {
	t.Helper()
	for _, c := range commands {
		if _, err := fmt.Fprintf(p.in, "%c", c); err != nil {
			t.Fatal(err)
		}
		var answer string
		if _, err := fmt.Fscanln(p.out, &answer); err != nil {
			status, _ := p.Wait(t.Context())
			t.Fatalf("command %c: %v, the program has ended: %v", c, err, status)
		}
	}
}

// code is what the kernel shows at codeAddr.
func (p *mapper) code(t *testing.T) []byte {
	t.Helper()
	mem, err := procfs.OpenMem(p.PID())
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	b := make([]byte, 3)
	if _, err := mem.Read(codeAddr, b); err != nil {
		t.Fatal(err)
	}
	return b
}

func (p *mapper) expect(t *testing.T, when string, b *breakpoint.Breakpoint, hits uint64) {
	t.Helper()
	if b.Hits() != hits {
		t.Errorf("%s: %d hits, want %d", when, b.Hits(), hits)
	}
}

// A breakpoint stays where it is whatever happens to the protection of its page.
// It goes with the mapping, and what is mapped there instead stays as it is:
// when it is run, when the breakpoint is renewed, and when it is removed.
func TestMappings(t *testing.T) {
	forBits(t, func(t *testing.T, bits int) {
		p := startMapper(t, bits, functionFile(t))
		p.do(t, "m")
		m := p.open(t, utrace.Process, "owner")
		b, err := m.Set(t.Context(), breakpoint.Spec{Addr: codeAddr})
		if err != nil {
			t.Fatal(err)
		}
		p.do(t, "c")
		p.expect(t, "set", b, 1)
		p.do(t, "nxcwcxc")
		p.expect(t, "protected in all ways", b, 4)

		p.do(t, "umc")
		p.expect(t, "mapped again", b, 4)
		if err := b.Renew(t.Context()); err != nil {
			t.Error(err)
		}
		p.do(t, "c")
		p.expect(t, "renewed", b, 5)
		if err := b.Renew(t.Context()); err != nil {
			t.Error(err)
		}
		p.do(t, "c")
		p.expect(t, "renewed where it was", b, 6)

		p.do(t, "oc")
		if got := p.code(t); !bytes.Equal(got, another) {
			t.Errorf("another function shows as % x, is % x", got, another)
		}
		if err := b.Renew(t.Context()); err != nil {
			t.Error(err)
		}
		p.do(t, "c")
		p.expect(t, "in another function", b, 7)

		p.do(t, "u")
		if err := b.Renew(t.Context()); err == nil || errors.Is(err, utrace.ErrNotFound) {
			t.Errorf("renewed where no memory is: %v", err)
		}
		p.do(t, "o")
		if err := b.Remove(t.Context()); err != nil {
			t.Error(err)
		}
		if got := p.code(t); !bytes.Equal(got, another) {
			t.Errorf("the removal has made % x of % x", got, another)
		}
		if err := b.Renew(t.Context()); !errors.Is(err, utrace.ErrNotFound) {
			t.Errorf("renewed after its removal: %v", err)
		}
		p.do(t, "c")
		p.expect(t, "removed", b, 7)
	})
}

// Other processes that have mapped the same file do not see the breakpoint, and
// neither does the file; where they would, there can be none.
func TestSharedFile(t *testing.T) {
	file := functionFile(t)
	p, q := startMapper(t, strconv.IntSize, file), startMapper(t, strconv.IntSize, file)
	p.do(t, "m")
	q.do(t, "m")
	m := p.open(t, utrace.Process, "owner")
	b, err := m.Set(t.Context(), breakpoint.Spec{Addr: codeAddr})
	if err != nil {
		t.Fatal(err)
	}
	p.do(t, "c")
	q.do(t, "c")
	p.expect(t, "both have called it", b, 1)
	if got := q.code(t); !bytes.HasPrefix(got, function) {
		t.Errorf("another process has % x", got)
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, function) {
		t.Errorf("the file has % x, %v", got, err)
	}
	p.do(t, "s")
	if _, err := m.Set(t.Context(), breakpoint.Spec{Addr: codeAddr + 1}); !errors.Is(err, utrace.ErrNotSupported) {
		t.Errorf("a breakpoint in a shared mapping: %v", err)
	}
	p.do(t, "c")
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, function) {
		t.Errorf("the file has % x, %v", got, err)
	}
}

// The part of an instruction that the breakpoint does not cover may change while
// it is there: what is executed is what the program has written.
func TestCodeChanges(t *testing.T) {
	forBits(t, func(t *testing.T, bits int) {
		p := startMapper(t, bits, functionFile(t))
		p.do(t, "a")
		b, err := p.open(t, utrace.Process, "owner").Set(t.Context(), breakpoint.Spec{Addr: codeAddr})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			fmt.Fprint(p.in, "v")
			var answer string
			if _, err := fmt.Fscanln(p.out, &answer); err != nil || answer != fmt.Sprintf("%dv", i+1) {
				t.Errorf("the function that returns %d: %q, %v", i+1, answer, err)
			}
			p.expect(t, "called", b, uint64(i+1))
			p.do(t, "i")
		}
	})
}

// Memory that is read in pieces of any size shows none of many breakpoints.
func TestManyAreHidden(t *testing.T) {
	p := startMapper(t, strconv.IntSize, functionFile(t))
	p.do(t, "a")
	want := make([]byte, 4096)
	p.read(t, want, len(want))
	m := p.open(t, utrace.Process, "owner")
	for at := uint64(0); at < 4096; at += 8 {
		if _, err := m.Set(t.Context(), breakpoint.Spec{Addr: codeAddr + at}); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.code(t); got[0] == want[0] {
		t.Fatalf("there is no breakpoint in % x", got)
	}
	got := make([]byte, 4096)
	for _, piece := range []int{1, 3, 8, 64, 1000, 4096} {
		p.read(t, got, piece)
		if !bytes.Equal(got, want) {
			t.Errorf("breakpoints show in memory that is read by %d bytes", piece)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	p.read(t, got, 8)
	if !bytes.Equal(got, want) {
		t.Error("the text is not what it was")
	}
}

// read reads the code through the core, some bytes at a time.
func (p *mapper) read(t *testing.T, code []byte, piece int) {
	t.Helper()
	e, err := p.core.Attach(t.Context(), p.PID(), &utrace.Funcs{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Detach()
	_ = e.Control(t.Context(), utrace.Stop) // it runs, so that is in progress
	if err := e.WaitStopped(t.Context()); err != nil {
		t.Fatal(err)
	}
	x, err := e.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(code); at += piece {
		part := code[at:min(at+piece, len(code))]
		if _, err := x.ReadMemory(codeAddr+uint64(at), part); err != nil {
			t.Fatal(err)
		}
	}
}
