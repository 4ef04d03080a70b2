package layout

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents lists the Markdown files that people read, relative to the top.
func documents(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(root(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			name, err := filepath.Rel(root(t), file)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, name)
		}
	}
	return list
}

// block is a fenced block of a document.
type block struct {
	file string
	line int
	// info is what stands behind the backquotes.
	info, text string
}

func (b *block) String() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

// blocks returns the fenced blocks of a document, and the text without them.
func blocks(t *testing.T, file string) (list []*block, prose string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), file))
	if err != nil {
		t.Fatal(err)
	}
	var open *block
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{file: file, line: n, info: strings.TrimSpace(info)}
		case fence:
			list = append(list, open)
			open = nil
		case open != nil:
			open.text += line
		default:
			prose += line
		}
	}
	if open != nil {
		t.Errorf("%v: the block has no end", open)
	}
	return list, prose
}

// TestDocCode checks Go code in documents: it is formatted, and equals the
// declarations that its first line names, as in
//
//	go examples/deny/denier.go: denier denier.ReportSyscallEntry
func TestDocCode(t *testing.T) {
	named := 0
	for _, file := range documents(t) {
		list, _ := blocks(t, file)
		for _, b := range list {
			language, source, _ := strings.Cut(b.info, " ")
			if language != "go" {
				continue
			}
			if formatted, err := format.Source([]byte(b.text)); err != nil || string(formatted) != b.text {
				t.Errorf("%v: not as gofmt has it (%v)", b, err)
			}
			path, names, found := strings.Cut(source, ": ")
			if !found {
				continue
			}
			named++
			if want := declarations(t, path, strings.Fields(names)); b.text != want {
				t.Errorf("%v: differs from %s, which has\n%s", b, path, want)
			}
		}
	}
	if named == 0 {
		t.Error("no document shows code of the tree")
	}
}

// declarations returns the source of named declarations of a file: functions,
// types, and methods as Type.Method.
func declarations(t *testing.T, path string, names []string) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root(t), path))
	if err != nil {
		t.Error(err)
		return ""
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return ""
	}
	var parts []string
	for _, name := range names {
		i := slices.IndexFunc(file.Decls, func(d ast.Decl) bool { return declared(d) == name })
		if i < 0 {
			t.Errorf("%s has no %s", path, name)
			continue
		}
		d := file.Decls[i]
		begin := d.Pos()
		if doc := docOf(d); doc != nil {
			begin = doc.Pos()
		}
		parts = append(parts, string(source[set.Position(begin).Offset:set.Position(d.End()).Offset]))
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// declared is the name of what a declaration declares first.
func declared(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name
		}
		typ := d.Recv.List[0].Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		if id, ok := typ.(*ast.Ident); ok {
			return id.Name + "." + d.Name.Name
		}
	case *ast.GenDecl:
		if spec, ok := d.Specs[0].(*ast.TypeSpec); ok {
			return spec.Name.Name
		}
	}
	return ""
}

func docOf(d ast.Decl) *ast.CommentGroup {
	if f, ok := d.(*ast.FuncDecl); ok {
		return f.Doc
	}
	return d.(*ast.GenDecl).Doc
}

var link = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)

// TestDocLinks checks that links to files of the tree lead somewhere.
func TestDocLinks(t *testing.T) {
	for _, file := range documents(t) {
		_, prose := blocks(t, file)
		for _, match := range link.FindAllStringSubmatch(prose, -1) {
			target := match[1]
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root(t), filepath.Dir(file), target)); err != nil {
				t.Errorf("%s: a link leads nowhere: %v", file, err)
			}
		}
	}
}

var (
	// A test is cited as *TestName in directory.*
	cited = regexp.MustCompile(`\*(Test\w+) in\s+([\w/]+)\.\*`)
	// A clause of the contract is cited as *Clause 1/name of tracehook/hooktest*.
	citedClause = regexp.MustCompile(`\*Clause ([^*]+?) of\s+(tracehook/hooktest)\b`)
)

// TestDocTests checks that tests which documents name as proof are there, and
// that docs/limits.md has one for each limit or says that it has none.
func TestDocTests(t *testing.T) {
	for _, file := range documents(t) {
		_, prose := blocks(t, file)
		for _, match := range cited.FindAllStringSubmatch(prose, -1) {
			if !inTests(t, match[2], "_test.go", "func "+match[1]+"(") {
				t.Errorf("%s: %s has no %s", file, match[2], match[1])
			}
		}
		for _, match := range citedClause.FindAllStringSubmatch(prose, -1) {
			name := strings.Join(strings.Fields(match[1]), " ")
			if !inTests(t, match[2], ".go", `{"`+name+`",`) {
				t.Errorf("%s: %s has no clause %q", file, match[2], name)
			}
		}
	}
	_, prose := blocks(t, "docs/limits.md")
	for _, entry := range strings.Split(prose, "\n\n") {
		if strings.HasPrefix(entry, "**") && !strings.Contains(entry, "*Test") && !strings.Contains(entry, "*Clause") && !strings.Contains(entry, "No test") {
			t.Errorf("docs/limits.md: no test, and no word about it: %s", entry)
		}
	}
}

// inTests looks for a text in the files of a directory.
func inTests(t *testing.T, dir, suffix, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), dir, "*"+suffix))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		source, err := os.ReadFile(file)
		return err == nil && bytes.Contains(source, []byte(text))
	})
}
