package top

import (
	"fmt"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
)

// Page is a sample as text.
type Page struct {
	Sample *Sample
	Choice Choice
	// Title begins the first line.
	Title string
	// Width cuts lines; 0 does not.
	Width int
}

// Head are the lines above the rows.
func (p Page) Head() []string {
	sum, errors, threads := Sum{}, uint64(0), make(map[int]bool)
	for i := range p.Sample.Lines {
		l := &p.Sample.Lines[i]
		sum = sum.Plus(l.Now)
		errors += l.Now.Errors
		threads[l.TID] = true
	}
	over := p.Sample.Over.Seconds()
	noun := "threads"
	if len(threads) == 1 {
		noun = "thread"
	}
	line := fmt.Sprintf("%s  %d %s  %s calls/s  %s errors/s", p.Title, len(threads), noun, rate(sum.Calls, over), rate(errors, over))
	if p.Sample.Lost != 0 {
		line += fmt.Sprintf("  %d events lost", p.Sample.Lost)
	}
	columns := fmt.Sprintf("%9s %8s %7s %9s %9s %12s", "calls/s", "errors/s", "time%", "mean", "longest", "total calls")
	switch p.Choice.By {
	case Processes:
		columns = fmt.Sprintf("%8s %4s %s  %-16s  %s", "PID", "THR", columns, "PROCESS", "IN")
	case Threads:
		columns = fmt.Sprintf("%8s %8s %s  %-16s  %s", "PID", "TID", columns, "THREAD", "IN")
	case Calls:
		columns = fmt.Sprintf("%s  %s", columns, "CALL")
	}
	return []string{p.cut(line), p.cut(p.where()), p.cut(columns)}
}

// where says what part of the sample is shown.
func (p Page) where() string {
	c := p.Choice
	words := []string{[]string{"processes", "threads", "calls"}[c.By]}
	if c.PID != 0 {
		words = append(words, fmt.Sprintf("of process %d", c.PID))
	}
	if c.TID != 0 {
		words = append(words, fmt.Sprintf("of thread %d", c.TID))
	}
	if c.Call != "" {
		words = append(words, "making "+c.Call)
	}
	if c.Filter != "" {
		words = append(words, fmt.Sprintf("with %q", c.Filter))
	}
	return strings.Join(append(words, "by "+c.Order.String()), " ")
}

// Row is a row as a line.
func (p Page) Row(r *Row) string {
	over := p.Sample.Over.Seconds()
	share := ""
	if over > 0 {
		share = fmt.Sprintf("%.1f", 100*r.Now.Time.Seconds()/over)
	}
	// What did nothing lately shows what it did before.
	mean, longest := average(r.Now), r.Now.Longest
	if r.Now.Calls == 0 {
		mean, longest = average(r.All), r.All.Longest
	}
	numbers := fmt.Sprintf("%9s %8s %7s %9s %9s %12d", rate(r.Now.Calls, over), rate(r.Now.Errors, over), share, short(mean), short(longest), r.All.Calls)
	in := ""
	if r.In != "" {
		in = r.In + " " + short(r.For)
	}
	name := printable(r.Name)
	switch p.Choice.By {
	case Processes:
		return p.cut(fmt.Sprintf("%8d %4d %s  %-16s  %s", r.PID, r.Threads, numbers, name, in))
	case Threads:
		return p.cut(fmt.Sprintf("%8d %8d %s  %-16s  %s", r.PID, r.TID, numbers, name, in))
	}
	return p.cut(fmt.Sprintf("%s  %s", numbers, name))
}

// String is the whole page.
func (p Page) String() string {
	lines := p.Head()
	for _, r := range p.Sample.Table(p.Choice) {
		lines = append(lines, p.Row(&r))
	}
	return strings.Join(lines, "\n") + "\n"
}

func (p Page) cut(line string) string {
	if p.Width > 0 {
		line = runewidth.Truncate(line, p.Width, "")
	}
	return strings.TrimRight(line, " ")
}

// printable keeps a hostile name from talking to the terminal.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\ufffd' {
			return '?'
		}
		return r
	}, name)
}

func average(s Sum) time.Duration {
	if s.Calls == 0 {
		return 0
	}
	return s.Time / time.Duration(s.Calls)
}

// rate is a number per second in few digits.
func rate(n uint64, seconds float64) string {
	if seconds <= 0 {
		return fmt.Sprint(n)
	}
	switch v := float64(n) / seconds; {
	case v == 0:
		return "0"
	case v < 9.95:
		return fmt.Sprintf("%.1f", v)
	case v < 1e6:
		return fmt.Sprintf("%.0f", v)
	default:
		return fmt.Sprintf("%.1fM", v/1e6)
	}
}

// short is a time in few digits.
func short(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.1fus", d.Seconds()*1e6)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.0fus", d.Seconds()*1e6)
	case d < 10*time.Second:
		return fmt.Sprintf("%.0fms", d.Seconds()*1e3)
	default:
		return d.Round(time.Second).String()
	}
}
