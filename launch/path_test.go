package launch

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLookPath(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, d := range []string{"a/prog", "b", "c"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{"b/prog": 0o644, "c/prog": 0o701, "here": 0o755, "plain": 0o644} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ list, name, want string }{
		{"a:b:c", "prog", "c/prog"}, // a directory, a file that cannot be executed
		{"a/:c/", "prog", "c/prog"},
		{dir, "here", dir + "/here"},
		{":c", "here", dir + "/here"},
		{"a::c", "here", dir + "/here"},
		{"a:", "here", ""}, // no entry behind the last colon
		{"", "here", ""},
		{"a:b", "prog", ""},
		{"a:c", "", ""},
		{"a:c", "./plain", "./plain"}, // exec will say that it is none
		{"", dir + "/plain", dir + "/plain"},
	} {
		t.Setenv("PATH", test.list)
		got, err := LookPath(test.name)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("PATH=%q, %q: %q, %v; want %q", test.list, test.name, got, err, test.want)
		}
		var step *Error
		if err != nil && (!errors.As(err, &step) || step.Path != test.name || !errors.Is(err, unix.ENOENT) || ExitCode(err) != 127) {
			t.Errorf("PATH=%q, %q: %#v", test.list, test.name, err)
		}
	}
	if _, err := LookPath("./plain/x"); !errors.Is(err, unix.ENOTDIR) || ExitCode(err) != 126 {
		t.Errorf("below a file: %v", err)
	}
}
