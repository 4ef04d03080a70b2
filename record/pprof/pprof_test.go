package pprof_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/utrace/utrace/record/pprof"
)

func Example() {
	var p pprof.Profile
	start := time.Unix(1, 0)
	for range 3 {
		p.Add([]string{"read", "main.load", "main.main"}, start, 5*time.Millisecond, false)
	}
	var file bytes.Buffer
	fmt.Println(p.Write(&file))
	// Output: <nil>
}

func TestProfile(t *testing.T) {
	var p pprof.Profile
	start := time.Unix(1, 0)
	p.Add([]string{"read", "worker"}, start, 2*time.Second, false)
	p.Add([]string{"read", "worker"}, start, time.Second, true)
	p.Add([]string{"read", "main"}, start, time.Second, false)
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := profile.Parse(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := got.CheckValid(); err != nil || len(got.Sample) != 2 || got.DurationNanos != 2e9 {
		t.Errorf("%v, %v", got, err)
	}
	if v := got.Sample[0].Value; v[0] != 2 || v[1] != 3e9 || v[2] != 1 {
		t.Errorf("%v", v)
	}
	// The tool that people will use understands it.
	name := filepath.Join(t.TempDir(), "profile")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "tool", "pprof", "-top", name).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "75.00%") {
		t.Errorf("%s, %v", out, err)
	}
	if err := new(pprof.Profile).Write(new(bytes.Buffer)); err != nil {
		t.Errorf("empty: %v", err)
	}
}
