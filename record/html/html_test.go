package html_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/record/html"
)

func Example() {
	r := html.Report{Title: "true"}
	r.Thread(100, 100, "true")
	r.Call(html.Call{TID: 100, Name: "brk", Arguments: "NULL", Result: "0x5000", Start: time.Unix(1, 0), Duration: time.Microsecond})
	var page bytes.Buffer
	fmt.Println(r.Write(&page))
	// Output: <nil>
}

// sample is a report with everything in it.
func sample() *html.Report {
	r := &html.Report{Title: `sh -c "</script>&amp;"`, Limit: 5}
	at := time.Unix(1700000000, 0)
	r.Thread(100, 100, "shell")
	r.Thread(100, 101, "worker")
	r.Call(html.Call{TID: 100, Name: "openat", Arguments: `AT_FDCWD, "</script><b>", O_RDONLY`, Result: "-1 ENOENT", Start: at, Duration: 40 * time.Microsecond, Failed: true, Error: "ENOENT"})
	r.Call(html.Call{TID: 101, Name: "read", Arguments: "3", Result: "0", Start: at.Add(time.Millisecond), Duration: 1500 * time.Millisecond})
	r.Mark(101, at.Add(time.Second), "signal", "SIGUSR1")
	r.Mark(100, at.Add(3*time.Second), "exit", "exited with 0")
	for range 4 {
		r.Call(html.Call{TID: 102, Name: "getpid", Start: at.Add(2 * time.Second), Duration: time.Microsecond, Result: "7"})
	}
	return r
}

// TestBrowser: the page shows what it should in a browser that cannot reach
// anything else.
func TestBrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("the test needs chromium: scripts/deps test installs it")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "report.html")
	file, err := os.Create(name)
	if err == nil {
		err = sample().Write(file)
	}
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--virtual-time-budget=5000", "--dump-dom", "file://"+name).Output()
	if err != nil {
		t.Fatal(err)
	}
	dom := string(out)
	dom = dom[strings.Index(dom, "<h1"):]
	shown := dom[:strings.Index(dom, `<script id="data"`)]
	for _, want := range []string{
		`sh -c "&lt;/script&gt;&amp;amp;"`, // as text, not as markup
		"3 threads · 6 calls · 1 failed",
		"3 later events are counted, but not shown",
		`<td class="c">getpid</td><td class="n">4</td>`,
		"ENOENT 1",
		"1.500 s",
		`openat(AT_FDCWD, "&lt;/script&gt;&lt;b&gt;", O_RDONLY) = -1 ENOENT`,
		"worker 101 of 100",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if t.Failed() {
		t.Log(shown)
	}
}

// What the page loads is in it.
func TestSelfContained(t *testing.T) {
	var page bytes.Buffer
	if err := sample().Write(&page); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"http:", "https:", "src=", "@import", "fetch(", "%DATA%"} {
		if strings.Contains(page.String(), word) {
			t.Errorf("the page has %q", word)
		}
	}
}
