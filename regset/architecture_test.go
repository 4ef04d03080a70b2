package regset

import (
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
	"testing"
)

// checkFor type-checks the package as if for another machine and returns what
// the compiler would say. extra is one more file, if it is not empty.
func checkFor(t *testing.T, std types.Importer, goarch, extra string) []string {
	t.Helper()
	context := build.Default
	context.GOOS, context.GOARCH, context.CgoEnabled = "linux", goarch, false
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	add := func(name string, source any) {
		file, err := parser.ParseFile(set, name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if match, err := context.MatchFile(".", name); err != nil {
			t.Fatal(err)
		} else if match {
			add(name, nil)
		}
	}
	if extra != "" {
		add("native_"+goarch+".go", extra)
	}
	var said []string
	config := types.Config{Importer: std, Error: func(err error) { said = append(said, err.Error()) }}
	config.Check("regset", set, files, nil)
	return said
}

// An architecture without tables must fail with a message that a person
// understands, and adding its files must be all that it takes.
func TestOtherArchitectures(t *testing.T) {
	if os.Getenv("UTRACE_GUEST") != "" {
		t.Skip("there is no compiler in a guest")
	}
	std := importer.ForCompiler(token.NewFileSet(), "source", nil)
	said := checkFor(t, std, "mips64le", "")
	if len(said) == 0 || !strings.Contains(said[0], "utrace_has_no_register_tables_for_this_architecture") {
		t.Errorf("without tables the compiler says %q", said)
	}
	said = checkFor(t, std, "mips64le", `package regset
		const utrace_has_no_register_tables_for_this_architecture_yet = 0
		var abis = []ABI{x86_64ABI}`)
	if len(said) != 0 {
		t.Errorf("with one more file the compiler says %q", said)
	}
	for _, goarch := range []string{"amd64", "386", "arm64", "ppc64le", "riscv64", "s390x"} {
		if said := checkFor(t, std, goarch, ""); len(said) != 0 {
			t.Errorf("%s: %q", goarch, said)
		}
	}
}
