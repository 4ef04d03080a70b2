package api

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Where the owner is, by environment.
func TestSocketPath(t *testing.T) {
	if info, err := os.Stat(SystemSocket); err == nil && info.Mode().Type() == os.ModeSocket {
		t.Skip("this machine has an owner for all users: its socket comes first")
	}
	mine, fallback := t.TempDir(), fmt.Sprintf("/tmp/utrace-%d/owner", os.Getuid())
	if dir := fmt.Sprintf("/run/user/%d", os.Getuid()); exists(dir) {
		fallback = filepath.Join(dir, "utrace/owner")
	}
	others := "/" // root's
	if os.Getuid() == 0 {
		others = t.TempDir()
		if err := os.Chown(others, 4000001, 4000001); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ variable, runtime, want string }{
		{"", "", fallback},
		{"", mine, filepath.Join(mine, "utrace/owner")},
		{"", others, fallback}, // as after "sudo -E"
		{"", filepath.Join(mine, "none"), filepath.Join(mine, "none/utrace/owner")},
		{"/a/b", mine, "/a/b"},
	} {
		t.Setenv("UTRACE_SOCKET", c.variable)
		t.Setenv("XDG_RUNTIME_DIR", c.runtime)
		if got := SocketPath(); got != c.want {
			t.Errorf("UTRACE_SOCKET=%s XDG_RUNTIME_DIR=%s: %s, want %s", c.variable, c.runtime, got, c.want)
		}
	}
}

func exists(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

// A directory that others can write to, or own, is none for a socket.
func TestPrivate(t *testing.T) {
	dir := t.TempDir()
	for mode, ok := range map[os.FileMode]bool{0o700: true, 0o755: true, 0o770: false, 0o777: false, 0o707: false} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := Private(dir); (err == nil) != ok {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := Private(link); err == nil {
		t.Error("a symbolic link was taken for a directory")
	}
}
