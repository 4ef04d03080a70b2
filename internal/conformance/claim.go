package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Claim is a test that claims to show a scenario.
type Claim struct {
	ID    string
	World World
	// Test is the name of the test function, Sub that of a subtest, if it is
	// that which has the id.
	Test, Sub string
	// File is relative to the top of the tree.
	File string
}

// ownDir has tests about ids.
const ownDir = "internal/conformance"

// clauseFile is where the clauses of the contract are.
const clauseFile = "tracehook/hooktest/hooktest.go"

var (
	ids = regexp.MustCompile(`^(AT|OR|RS|CT|DE|SG|SY|CL|EX|JC|RG|ST|NI|MD|RO)\d+$`)
	// between separates ids in names: TestCT6_CT7_InProgress, "CT6 CT7 in
	// progress".
	between = regexp.MustCompile(`[_ ,/:]+`)
)

// Claims looks through all test files below dir.
func Claims(dir string) (claims []Claim, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && len(name) > 1 && strings.HasPrefix(e.Name(), "."):
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(name, "_test.go") || path.Dir(name) == ownDir:
			return nil
		}
		found, err := claimsOf(dir, name)
		claims = append(claims, found...)
		return err
	})
	return claims, err
}

// claimsOf reads one file.
func claimsOf(dir, name string) (claims []Claim, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
			continue
		}
		claim := func(sub string, ids []string) {
			for _, id := range ids {
				claims = append(claims, Claim{id, worldOf(name), f.Name.Name, sub, name})
			}
		}
		claim("", idsIn(strings.TrimPrefix(f.Name.Name, "Test")))
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil {
					claim(text, idsIn(text))
				}
			}
			return true
		})
	}
	return claims, nil
}

// idsIn returns the ids that a name begins with.
func idsIn(name string) (found []string) {
	for _, word := range between.Split(name, -1) {
		if !ids.MatchString(word) {
			break
		}
		found = append(found, word)
	}
	return found
}

// worldOf tells where the tests of a file run: those of the core and of the
// simulated kernel there, unless the file's name says otherwise; all others on
// the real one.
func worldOf(file string) World {
	dir, base := path.Split(file)
	if (dir == "" || dir == "tracehook/sim/") && !strings.HasPrefix(base, "linux_") {
		return Sim
	}
	return Kernel
}

// HasClause reports whether the contract has a clause of that name.
func HasClause(dir, name string) (bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, clauseFile))
	return strings.Contains(string(text), "{"+strconv.Quote(name)+","), err
}

// names lists the tests that claim a scenario in a world, without doubles.
func names(claims []Claim, id string, world World) (list []Claim) {
	for _, c := range claims {
		same := func(x Claim) bool { return x.Test == c.Test && x.File == c.File }
		if c.ID == id && c.World == world && !slices.ContainsFunc(list, same) {
			list = append(list, c)
		}
	}
	return list
}
