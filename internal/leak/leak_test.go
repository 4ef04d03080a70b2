package leak

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

// What is left behind is named.
func TestLeft(t *testing.T) {
	before := look()
	if left := before.left(); left != "" {
		t.Fatalf("before anything: %s", left)
	}
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	if left := before.left(); !strings.Contains(left, "/dev/null") {
		t.Errorf("an open file: %q", left)
	}
	f.Close()

	stop := make(chan struct{})
	go func() { <-stop }()
	if left := before.left(); !strings.Contains(left, "goroutines") {
		t.Errorf("a goroutine: %q", left)
	}
	close(stop)

	child := exec.Command("sleep", "100")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if left := before.left(); left == "" {
		t.Error("a child is not noticed")
	}
	child.Process.Kill()
	child.Wait()
	if left := before.await(); left != "" {
		t.Errorf("in the end: %s", left)
	}
}
