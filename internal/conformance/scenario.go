package conformance

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed scenarios.txt
var table string

// World is where a scenario is shown.
type World uint8

// The worlds.
const (
	Sim World = iota
	Kernel
)

// Scenario is one line of the table.
type Scenario struct {
	ID, Title string
	// World is where it has to be shown at least.
	World World
	// Clauses of the back ends' contract that show it, too.
	Clauses []string
	// Reason is why no test shows it; "" if one should.
	Reason string
}

// Section is a group of scenarios.
type Section struct {
	Title     string
	Scenarios []*Scenario
}

var scenarioLine = regexp.MustCompile(`^([A-Z]{2}\d+) +([sk]) +(.+)$`)

// Sections parses the table.
func Sections() ([]*Section, error) {
	var sections []*Section
	var last *Scenario
	for n, line := range strings.Split(table, "\n") {
		detail, indented := strings.CutPrefix(line, "\t")
		match := scenarioLine.FindStringSubmatch(line)
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "= "):
			sections = append(sections, &Section{Title: line[2:]})
		case match != nil && len(sections) != 0:
			last = &Scenario{ID: match[1], Title: match[3]}
			if match[2] == "k" {
				last.World = Kernel
			}
			s := sections[len(sections)-1]
			s.Scenarios = append(s.Scenarios, last)
		case indented && last != nil && last.detail(detail):
		default:
			return nil, fmt.Errorf("scenarios.txt:%d: %q is no scenario", n+1, line)
		}
	}
	return sections, nil
}

// detail takes an indented line.
func (s *Scenario) detail(line string) bool {
	if name, ok := strings.CutPrefix(line, "clause "); ok {
		s.Clauses = append(s.Clauses, name)
		return true
	}
	reason, ok := strings.CutPrefix(line, "not yet: ")
	s.Reason = reason
	return ok
}
