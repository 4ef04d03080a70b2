package strace

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/utrace/utrace/syscalls"
)

// Column is one column of the summary table, and a key to sort it by.
type Column int

// The columns, in the order in which strace's help lists them.
const (
	ColumnTime Column = iota // share of the total time
	ColumnTotal
	ColumnMin
	ColumnMax
	ColumnAverage
	ColumnCalls
	ColumnErrors
	ColumnName
	ColumnP50 // what half of the calls do not exceed
	ColumnP90
	ColumnP99
	ColumnNone // not a column: the order of the call numbers
)

var defaultColumns = []Column{ColumnTime, ColumnTotal, ColumnAverage, ColumnCalls, ColumnErrors, ColumnName}

// columnNames are the values of -U and -S; the first of a column is the one
// that messages use.
var columnNames = []word[Column]{
	{"time-percent", ColumnTime}, {"time_percent", ColumnTime}, {"time", ColumnTime},
	{"total-time", ColumnTotal}, {"time-total", ColumnTotal}, {"total_time", ColumnTotal}, {"time_total", ColumnTotal},
	{"min-time", ColumnMin}, {"shortest", ColumnMin}, {"time-min", ColumnMin},
	{"min_time", ColumnMin}, {"time_min", ColumnMin},
	{"max-time", ColumnMax}, {"longest", ColumnMax}, {"time-max", ColumnMax},
	{"max_time", ColumnMax}, {"time_max", ColumnMax},
	{"avg-time", ColumnAverage}, {"time-avg", ColumnAverage},
	{"avg_time", ColumnAverage}, {"time_avg", ColumnAverage},
	{"calls", ColumnCalls}, {"count", ColumnCalls},
	{"errors", ColumnErrors}, {"error", ColumnErrors},
	{"name", ColumnName}, {"syscall", ColumnName}, {"syscall-name", ColumnName},
	{"syscall_name", ColumnName},
	{"p50", ColumnP50}, {"p90", ColumnP90}, {"p99", ColumnP99},
}

// layout is how a column looks: its heading and width.
var layout = [...]struct {
	heading string
	width   int
}{
	ColumnTime:    {"% time", 6},
	ColumnTotal:   {"seconds", 11},
	ColumnMin:     {"shortest", 8},
	ColumnMax:     {"longest", 8},
	ColumnAverage: {"usecs/call", 11},
	ColumnCalls:   {"calls", 9},
	ColumnErrors:  {"errors", 9},
	ColumnName:    {"syscall", 16},
	ColumnP50:     {"p50", 8},
	ColumnP90:     {"p90", 8},
	ColumnP99:     {"p99", 8},
}

func columnNamed(name string) (Column, bool) {
	for _, w := range columnNames {
		if w.name == name {
			return w.bits, true
		}
	}
	return 0, false
}

func sortColumn(name string) (Column, bool) {
	if name == "none" || name == "nothing" {
		return ColumnNone, true
	}
	return columnNamed(name)
}

// columns parses -U. The name is always shown, last if it is not mentioned.
func (p *parser) columns(list string) error {
	var columns []Column
	for rest := list; ; {
		name, after, more := strings.Cut(rest, ",")
		c, ok := columnNamed(name)
		if !ok {
			return usageError("unknown column name: '%s'", name)
		}
		if slices.Contains(columns, c) {
			return usageError("call summary column has been provided more than once: '%s' (-U option residual: '%s')", name, rest)
		}
		columns = append(columns, c)
		if !more {
			break
		}
		rest = after
	}
	if !slices.Contains(columns, ColumnName) {
		columns = append(columns, ColumnName)
	}
	p.Summary.Columns = columns
	return nil
}

// A Summary counts calls, errors and time by system call. The zero Summary is
// empty and ready for use. It has no lock.
type Summary struct {
	tables []table
}

// table counts the calls of one ABI.
type table struct {
	abi      *syscalls.ABI
	subcalls []syscalls.Call
	rows     []row // by number
}

// row counts one call; as a total it stands for all.
type row struct {
	name            string
	calls, errors   uint64
	total, min, max time.Duration
	times           histogram
}

// Add counts one call that took d.
func (s *Summary) Add(abi *syscalls.ABI, nr uint64, failed bool, d time.Duration) {
	abi = abi.ForNumber(nr)
	if abi == syscalls.X32 {
		nr &= 1<<30 - 1
	}
	// Numbers that no table has would let a program choose how much is
	// allocated; they share the row after the last.
	t := s.table(abi)
	i := t.index(nr)
	t.rows[i].add(row{calls: 1, total: d, min: d, max: d}, failed)
	t.rows[i].times.add(d)
}

// index is the row of a call: those made by way of others come after the rest, and
// calls without a name last.
func (t *table) index(nr uint64) int {
	calls := len(t.rows) - 1 - len(t.subcalls)
	if nr < uint64(calls) {
		return int(nr)
	}
	for i := range t.subcalls {
		if uint64(t.subcalls[i].Number) == nr {
			return calls + i
		}
	}
	return len(t.rows) - 1
}

func (s *Summary) table(abi *syscalls.ABI) *table {
	for i := range s.tables {
		if s.tables[i].abi == abi {
			return &s.tables[i]
		}
	}
	calls, subcalls := abi.Calls(), abi.Subcalls()
	t := table{abi: abi, subcalls: subcalls, rows: make([]row, len(calls)+len(subcalls)+1)}
	for nr := range calls {
		t.rows[nr].name = abi.CallName(uint64(nr))
	}
	for i, c := range subcalls {
		t.rows[len(calls)+i].name = c.Name
	}
	t.rows[len(t.rows)-1].name = "syscall_???"
	s.tables = append(s.tables, t)
	return &s.tables[len(s.tables)-1]
}

func (r *row) add(o row, failed bool) {
	if r.calls == 0 || o.min < r.min {
		r.min = o.min
	}
	r.max = max(r.max, o.max)
	r.total += o.total
	r.calls += o.calls
	r.errors += o.errors
	r.times.merge(o.times)
	if failed {
		r.errors++
	}
}

func (r *row) average() time.Duration {
	if r.calls == 0 {
		return 0
	}
	return r.total / time.Duration(r.calls)
}

// Write prints the table: one for each ABI that was used, with a heading for
// all but the machine's own.
func (s *Summary) Write(w io.Writer, o SummaryOptions) error {
	var b strings.Builder
	for i := range s.tables {
		t := &s.tables[i]
		if native := syscalls.Native(); len(native) == 0 || t.abi != native[0] {
			fmt.Fprintf(&b, "System call usage summary for %s mode:\n", modeName(t.abi))
		}
		t.write(&b, o)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// modeName is what strace calls an ABI in messages.
func modeName(abi *syscalls.ABI) string {
	if abi == syscalls.X32 {
		return "x32"
	}
	return abi.Personality + " bit"
}

func (t *table) write(b *strings.Builder, o SummaryOptions) {
	var rows []row
	total := row{name: "total"}
	for _, r := range t.rows {
		if r.calls > 0 {
			r.total = max(0, r.total-o.Overhead*time.Duration(r.calls))
			r.min, r.max = max(0, r.min-o.Overhead), max(0, r.max-o.Overhead)
			rows = append(rows, r)
			total.add(r, false)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return compare(o.SortBy, &a, &b) })

	heading := make([]string, len(o.Columns))
	rule := make([]string, len(o.Columns))
	for i, c := range o.Columns {
		heading[i] = cell(c, layout[c].heading, i == len(o.Columns)-1)
		rule[i] = strings.Repeat("-", layout[c].width)
	}
	line := func(cells []string) { b.WriteString(strings.Join(cells, " ") + "\n") }
	line(heading)
	line(rule)
	for i := range rows {
		line(rows[i].cells(o.Columns, &total, o.Overhead))
	}
	line(rule)
	line(total.cells(o.Columns, &total, o.Overhead))
}

// compare orders rows: the largest first, names by the alphabet.
func compare(by Column, a, b *row) int {
	down := func(x, y uint64) int {
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	}
	switch by {
	case ColumnTime, ColumnTotal:
		return down(uint64(a.total), uint64(b.total))
	case ColumnMin:
		return down(uint64(a.min), uint64(b.min))
	case ColumnMax:
		return down(uint64(a.max), uint64(b.max))
	case ColumnAverage:
		return down(uint64(a.average()), uint64(b.average()))
	case ColumnCalls:
		return down(a.calls, b.calls)
	case ColumnErrors:
		return down(a.errors, b.errors)
	case ColumnName:
		return strings.Compare(a.name, b.name)
	case ColumnP50, ColumnP90, ColumnP99:
		return down(uint64(a.percentile(by)), uint64(b.percentile(by)))
	}
	return 0
}

func (r *row) cells(columns []Column, total *row, overhead time.Duration) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		text := ""
		switch c {
		case ColumnTime:
			share := 100.0
			if r != total {
				share = 0
				if total.total > 0 {
					share = 100 * float64(r.total) / float64(total.total)
				}
			}
			text = fmt.Sprintf("%.2f", share)
		case ColumnTotal:
			text = fmt.Sprintf("%.6f", r.total.Seconds())
		case ColumnMin:
			text = fmt.Sprintf("%.6f", r.min.Seconds())
		case ColumnMax:
			text = fmt.Sprintf("%.6f", r.max.Seconds())
		case ColumnAverage:
			text = fmt.Sprint(r.average().Microseconds())
		case ColumnCalls:
			text = fmt.Sprint(r.calls)
		case ColumnErrors:
			if r.errors > 0 {
				text = fmt.Sprint(r.errors)
			}
		case ColumnName:
			text = r.name
		case ColumnP50, ColumnP90, ColumnP99:
			text = fmt.Sprintf("%.6f", max(0, r.percentile(c)-overhead).Seconds())
		}
		out[i] = cell(c, text, i == len(columns)-1)
	}
	return out
}

// cell pads text to the column's width. Names stand on the left, and nothing
// follows one at the end of the line.
func cell(c Column, text string, last bool) string {
	if c != ColumnName {
		return fmt.Sprintf("%*s", layout[c].width, text)
	}
	if last {
		return text
	}
	return fmt.Sprintf("%-*s", layout[c].width, text)
}
