package actor

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	p, err := Parse(`
		handle USR1 restart print   # a comment
		getppid*3
		fork { print "hi;{}\n"; exit 3 }; wait print untraced
		await epoll_wait
		barrier go`)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(p.Args(), "|")
	want := "handle 10 3 0 |repeat 3 0 2 |getppid 0 0 0 |end 36 0 2 |fork 0 0 3 |write 1 0 0 hi;{}\n|exit 3 0 0 |end 12 0 3 |" +
		"wait 6 0 0 |status 0 0 0 |await 0 0 0 epoll_wait|result 0 0 0 epoll_wait|write 1 0 0 @go\n|read 0 0 0 "
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestParseErrors(t *testing.T) {
	for script, want := range map[string]string{
		"\nfrobnicate":          `line 2: unknown statement "frobnicate"`,
		"fork { getppid":        "a block has no end",
		"}":                     "} without a block",
		"kill":                  `kill: ";" is not a signal`,
		"kill NOSUCH":           `kill: "NOSUCH" is not a signal`,
		"sleep soon":            `"soon" is not a number`,
		"await read_mind":       `unknown call "read_mind"`,
		"getppid 4":             "unexpected 4 after getppid",
		`print "x`:              "text without an end",
		"print x":               "needs a quoted text",
		"getppid*0":             "no number of times",
		"fork exit":             "fork needs a { block }",
		"handle USR1 sometimes": `unknown word "sometimes"`,
		"end":                   "unknown statement",
		"barrier":               "barrier needs a name",
	} {
		_, err := Parse(script)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", script, err, want)
		}
	}
}
