package probe_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/probe"
	"github.com/utrace/utrace/unwind"
)

// TestStacks: each hit has the stack that its thread had there, though it is
// walked after the thread has gone on; in a child and its next program, too.
func TestStacks(t *testing.T) {
	for _, mode := range []string{"-m64", "-m32"} {
		path := testprogram.Build(t, "c", program, mode, "-O2")
		var hits []*probe.Stack
		var sites []string
		o := probe.Options{Places: places(t, "work", "other"), Follow: true, Stack: 20, Hit: func(h *probe.Hit) utrace.Action {
			hits, sites = append(hits, h.Stack), append(sites, h.Site.Name)
			return utrace.Resume
		}}
		core := hosttest.Open(t)
		p := probe.New(core, o)
		toEnd(t, core, "", []string{path, "2", "fork"}, p)
		if want := []string{"work", "work", "other", "work", "work"}; !slices.Equal(sites, want) {
			t.Fatalf("%s: hits %v; want %v", mode, sites, want)
		}
		for i, s := range hits {
			if s == nil {
				t.Fatalf("%s: hit %d has no stack", mode, i)
			}
			var names []string
			frames := s.Frames()
			for _, f := range frames {
				names = append(names, s.Space().Locate(f.Lookup()).Function())
			}
			if len(names) < 3 || names[0] != sites[i] || names[1] != "main" || frames[len(frames)-1].Caller != unwind.Outermost {
				t.Errorf("%s: hit %d: %v", mode, i, names)
			}
		}
		p.Close()
	}
}

// TestStacksPrinted: a line or an object for each hit, with its own stack, also
// when threads have to wait for who prints them.
func TestStacksPrinted(t *testing.T) {
	n := scale.Rounds(100)
	path := testprogram.Build(t, "c", program, "-g")
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		printer := probe.NewPrinter(&out, asJSON)
		core := hosttest.Open(t)
		p := probe.New(core, probe.Options{Places: places(t, "work"), Stack: 2, Arguments: 1, Hit: printer.Hit})
		toEnd(t, core, "", []string{path, fmt.Sprint(n)}, p)
		if err := printer.Close(); err != nil {
			t.Fatal(err)
		}
		p.Close()
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		each := 1
		if !asJSON {
			each = 4 // the hit, two frames, and that there are more
		}
		if len(lines) != each*n {
			t.Fatalf("%d lines; want %d:\n%s", len(lines), each*n, out.String())
		}
		for i := range n {
			if !asJSON {
				l := lines[each*i:]
				if !strings.Contains(l[0], fmt.Sprintf("work(%#x)", i)) || !strings.HasPrefix(l[1], "#0  ") ||
					!strings.Contains(l[2], " main+") || !strings.Contains(l[3], "more frames") {
					t.Fatalf("hit %d: %q", i, l[:4])
				}
				continue
			}
			var hit struct {
				Number int
				Stack  []struct {
					Function string
					Line     int
				}
			}
			if err := json.Unmarshal([]byte(lines[i]), &hit); err != nil || hit.Number != i+1 || len(hit.Stack) != 2 ||
				hit.Stack[0].Function != "work" || hit.Stack[1].Function != "main" || hit.Stack[1].Line == 0 {
				t.Fatalf("hit %d: %s, %v", i, lines[i], err)
			}
		}
	}
}
