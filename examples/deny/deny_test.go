package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeny has a shell and its children open a file four times.
func TestDeny(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("read\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	script := `for i in 1 2 3 4; do cat "$1" 2>/dev/null || echo refused; done; exit 5`
	status, err := run(&denier{path: file, nth: 3}, []string{"sh", "-c", script, "sh", file}, nil, w, os.Stderr)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out)); strings.Join(got, " ") != "read read refused read" {
		t.Errorf("the program printed %q", out)
	}
	if status.ExitStatus() != 5 {
		t.Errorf("it ended with %#x", status.WaitStatus)
	}
}

// TestDenyNobody starts what is not there.
func TestDenyNobody(t *testing.T) {
	if _, err := run(&denier{path: "/", nth: 1}, []string{"/no/such/program"}); err == nil || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("got %v", err)
	}
}
