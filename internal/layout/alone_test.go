package layout

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// lower are the rooms that must stand on their own.
var lower = []string{".", "./regset/...", "./tracehook/..."}

// TestStandsAlone copies register sets, the seam with its back ends and the
// core, with what they import, into a tree that has nothing else, and runs
// their tests there.
func TestStandsAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the tests of many packages")
	}
	top, alone := root(t), t.TempDir()
	for _, p := range list(t, nil, append([]string{"-deps", "-test"}, lower...)...) {
		if !ours(p.ImportPath) || p.ForTest != "" {
			continue // the test variants have the files of the packages themselves
		}
		if h, _ := level(p.path()); h > rooms[""] {
			t.Errorf("%s is needed by the core and below, or by their tests", p.ImportPath)
		}
		copyPackage(t, p.Dir, filepath.Join(alone, p.path()))
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		copyFile(t, filepath.Join(top, file), filepath.Join(alone, file))
	}
	for _, args := range [][]string{{"vet"}, {"test", "-short"}} {
		cmd := exec.Command("go", append(append(args, "-trimpath"), lower...)...)
		cmd.Dir = alone
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v with everything above deleted: %v\n%s", cmd.Args, err, out)
		}
	}
}

// copyPackage copies the files of a directory, and its testdata.
func copyPackage(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch {
		case e.Type().IsRegular():
			copyFile(t, filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		case e.IsDir() && e.Name() == "testdata":
			if err := os.CopyFS(filepath.Join(to, e.Name()), os.DirFS(filepath.Join(from, e.Name()))); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o777)
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}
