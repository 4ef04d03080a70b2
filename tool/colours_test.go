package tool

import (
	"os"
	"testing"

	"github.com/utrace/utrace/internal/testpty"
)

// elsewhere is another process's environment.
type elsewhere struct {
	here
	environ []string
}

func (e elsewhere) Environ() ([]string, error) { return e.environ, nil }

func TestColours(t *testing.T) {
	_, terminal := testpty.Open(t)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, test := range []struct {
		file    *os.File
		environ []string
		want    bool
	}{
		{terminal, []string{"TERM=xterm"}, true},
		{terminal, []string{"TERM=xterm", "NO_COLOR="}, true},
		{terminal, []string{"NO_COLOR=0", "TERM=xterm"}, false},
		{terminal, []string{"TERM=dumb"}, false},
		{terminal, nil, false},
		{null, []string{"TERM=xterm"}, false},
	} {
		e := &Env{System: elsewhere{environ: test.environ}}
		if got := e.Colours(Stream{file: test.file}); got != test.want {
			t.Errorf("%s %q: %v", test.file.Name(), test.environ, got)
		}
		if got := e.Colours(Descriptor(test.file.Fd())); got != test.want {
			t.Errorf("%s %q, as a number: %v", test.file.Name(), test.environ, got)
		}
	}
}
