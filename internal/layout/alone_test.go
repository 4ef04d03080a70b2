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
		// A package that is compiled once more for a test has another import
		// path, and the same directory.
		path, err := filepath.Rel(top, p.Dir)
		if err != nil || !filepath.IsLocal(path) {
			continue
		}
		if path == "." {
			path = ""
		}
		if h, _ := level(path); h > rooms[""] {
			t.Errorf("%s is needed by the core and below, or by their tests", path)
		}
		copyPackage(t, p, filepath.Join(alone, path))
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		copyFile(t, filepath.Join(top, file), filepath.Join(alone, file))
	}
	for _, args := range [][]string{{"vet"}, {"test", "-short", "-timeout=10m"}} {
		cmd := exec.Command("go", append(args, lower...)...)
		cmd.Dir = alone
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v with everything above deleted: %v\n%s", cmd.Args, err, out)
		}
	}
}

// copyPackage copies the files of a package's directory, what it embeds, and its
// testdata.
func copyPackage(t *testing.T, p *pkg, to string) {
	t.Helper()
	entries, err := os.ReadDir(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			copyFile(t, filepath.Join(p.Dir, e.Name()), filepath.Join(to, e.Name()))
		}
		if _, err := os.Stat(filepath.Join(to, e.Name())); err == nil {
			continue // copied with another variant of the package
		}
		if e.IsDir() && e.Name() == "testdata" {
			if err := os.CopyFS(filepath.Join(to, e.Name()), os.DirFS(filepath.Join(p.Dir, e.Name()))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range p.EmbedFiles {
		copyFile(t, filepath.Join(p.Dir, name), filepath.Join(to, name))
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
