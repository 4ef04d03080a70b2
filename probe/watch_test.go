package probe_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host/hosttest"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/probe"
)

const writing = `
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int counter;
short parts[3];
char large[64];
long a, b, c, d, e;

__attribute__((noinline)) void bump(int i)
{
	counter += i;
	parts[1] = i;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		puts("ready");
		fflush(stdout);
		getchar();
	}
	for (int i = 1; i < 4; i++)
		bump(i);
	if (!fork()) {
		bump(10);
		return 0;
	}
	wait(NULL);
	return 3;
}
`

func watches(t *testing.T, texts ...string) (list []probe.Watch) {
	t.Helper()
	for _, text := range texts {
		w, err := probe.ParseWatch(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, w)
	}
	return list
}

// TestWatches: each write, with what was there and who did it, of the program
// and, with Follow, of its child.
func TestWatches(t *testing.T) {
	for _, mode := range []string{"-m64", "-m32"} {
		path := testprogram.Build(t, "c", writing, mode)
		for _, follow := range []bool{false, true} {
			var got []string
			core := hosttest.Open(t)
			p := probe.New(core, probe.Options{Watches: watches(t, "counter", "parts+2:2"), Follow: follow, Hit: func(h *probe.Hit) utrace.Action {
				got = append(got, fmt.Sprintf("%s % x>% x %s", h.Site.Name, h.Write.Was, h.Write.Now, h.Write.By.Function()))
				return utrace.Resume
			}})
			toEnd(t, core, "", []string{path}, p)
			p.Close()
			want := []string{
				"counter 00 00 00 00>01 00 00 00 bump", "parts+0x2 00 00>01 00 bump",
				"counter 01 00 00 00>03 00 00 00 bump", "parts+0x2 01 00>02 00 bump",
				"counter 03 00 00 00>06 00 00 00 bump", "parts+0x2 02 00>03 00 bump",
			}
			if follow {
				want = append(want, "counter 06 00 00 00>10 00 00 00 bump", "parts+0x2 03 00>0a 00 bump")
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s, follow %v:\n%s\nwant\n%s", mode, follow, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// TestTooManyWatches: when no debug register is left that is the error, and the
// process is let go.
func TestTooManyWatches(t *testing.T) {
	p := testprogram.Start(t, testprogram.Build(t, "c", writing), "wait")
	p.Line(t)
	core := hosttest.Open(t)
	x := probe.New(core, probe.Options{Watches: watches(t, "a", "b", "c", "d", "e")})
	defer x.Close()
	if err := x.Attach(t.Context(), p.Pid, true); !errors.Is(err, utrace.ErrNoSlot) || !strings.HasPrefix(err.Error(), "e: ") {
		t.Errorf("%v; want ErrNoSlot of e", err)
	}
	large := probe.New(core, probe.Options{Watches: watches(t, "large")})
	defer large.Close()
	if err := large.Attach(t.Context(), p.Pid, true); err == nil || !strings.Contains(err.Error(), "64 bytes") {
		t.Errorf("64 bytes: %v", err)
	}
	four := probe.New(core, probe.Options{Watches: watches(t, "a", "b", "counter", "d")})
	defer four.Close()
	if err := four.Attach(t.Context(), p.Pid, true); err != nil {
		t.Errorf("after that: %v", err)
	}
	p.Tell(t, "")
	if status := p.End(t); status != 3 {
		t.Errorf("status %d", status)
	}
	counts, err := four.Counts(t.Context())
	if err != nil || counts[0].Name != "counter" || counts[0].Hits != 3 {
		t.Errorf("counts %v, %v", counts, err)
	}
}

// TestWatchMistakes: each is named.
func TestWatchMistakes(t *testing.T) {
	for text, says := range map[string]string{
		"":               "empty",
		"x:0":            "from 1 to",
		"x:1000":         "from 1 to",
		"file.c:12:4":    "neither a variable",
		"prog:0x1136":    "neither a variable",
		"*nothing:4":     "not an address",
		"libc.so:":       "colon",
		"x+1+0x99999999": "two offsets",
	} {
		if w, err := probe.ParseWatch(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, %v; want %q", text, w, err, says)
		}
	}
	if w := watches(t, "libc.so:environ:8")[0]; w.Len != 8 || w.Spec.Module != "libc.so" || w.Spec.Function != "environ" {
		t.Errorf("%+v", w)
	}
}
