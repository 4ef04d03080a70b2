package top

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Screen shows a model on a terminal until somebody quits.
type Screen struct {
	// Source has what is shown; Title begins the first line.
	Source Source
	Title  string
	// Every is the time between samples; 0 means a second.
	Every time.Duration
	// Choice is what is shown first.
	Choice Choice
}

// Run takes the terminal until q or ctrl-C is typed, or ctx ends. The terminal is
// left as it was.
func (s Screen) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	_, err := tea.NewProgram(s.state(), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler()).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	return err
}

func (s Screen) state() *state {
	if s.Every <= 0 {
		s.Every = time.Second
	}
	x := &state{Screen: s, choice: s.Choice, width: 80, height: 24}
	x.sample = s.Source.Sample(time.Now())
	return x
}

// state is what the screen shows. The event loop of the terminal owns it.
type state struct {
	Screen
	sample        *Sample
	choice        Choice
	back          []Choice // where Escape leads
	selected      string   // the key of a row
	at            int      // and its place
	top           int      // the first row that is shown
	paused        bool
	typing, help  bool
	width, height int
}

// tick is time for the next sample.
type tick time.Time

func (x *state) Init() tea.Cmd { return x.next() }

func (x *state) next() tea.Cmd {
	return tea.Tick(x.Every, func(at time.Time) tea.Msg { return tick(at) })
}

func (x *state) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		if !x.paused {
			x.sample = x.Source.Sample(time.Time(msg))
		}
		return x, x.next()
	case tea.WindowSizeMsg:
		x.width, x.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		if x.typing {
			return x, x.typed(msg)
		}
		return x, x.key(msg.String())
	}
	return x, nil
}

// typed takes a key of the filter's text.
func (x *state) typed(msg tea.KeyPressMsg) tea.Cmd {
	f := &x.choice.Filter
	switch key := msg.String(); key {
	case "enter":
		x.typing = false
	case "esc":
		x.typing, *f = false, ""
	case "backspace":
		if n := len([]rune(*f)); n > 0 {
			*f = string([]rune(*f)[:n-1])
		}
	case "ctrl+c":
		return tea.Quit
	default:
		*f += msg.Text
	}
	return nil
}

// key takes a command.
func (x *state) key(key string) tea.Cmd {
	if x.help {
		x.help = false
		return nil
	}
	switch key {
	case "q", "ctrl+c":
		return tea.Quit
	case "ctrl+l":
		return tea.ClearScreen // something else has written to the terminal
	case "up", "k":
		x.move(-1)
	case "down", "j":
		x.move(1)
	case "pgup":
		x.move(-x.room())
	case "pgdown":
		x.move(x.room())
	case "home":
		x.move(-1 << 30)
	case "end":
		x.move(1 << 30)
	case "enter", "right":
		x.open()
	case "esc", "left", "backspace":
		if n := len(x.back); n > 0 {
			x.choice, x.back = x.back[n-1], x.back[:n-1]
			x.selected, x.at = "", 0
		}
	case "p", "t", "c":
		x.choice.By = map[string]By{"p": Processes, "t": Threads, "c": Calls}[key]
		x.selected, x.at = "", 0
	case "s", ">":
		x.choice.Order = (x.choice.Order + 1) % orders
	case "<":
		x.choice.Order = (x.choice.Order + orders - 1) % orders
	case "space", " ":
		x.paused = !x.paused
	case "/":
		x.typing = true
	case "?", "h":
		x.help = true
	}
	return nil
}

// open goes into the selected row: from a process to its threads, from a thread
// to its calls, from a call to who makes it.
func (x *state) open() {
	rows := x.rows()
	if x.at >= len(rows) {
		return
	}
	row, c := rows[x.at], x.choice
	x.back = append(x.back, c)
	c.Filter = ""
	switch c.By {
	case Processes:
		c.By, c.PID = Threads, row.PID
	case Threads:
		c.By, c.PID, c.TID = Calls, row.PID, row.TID
	case Calls:
		c.By, c.Call = Threads, row.Name
	}
	x.choice, x.selected, x.at, x.top = c, "", 0, 0
}

// rows are those of the present table; the selection follows its row.
func (x *state) rows() []Row {
	rows := x.sample.Table(x.choice)
	found := false
	for i := range rows {
		if x.selected != "" && rows[i].Key() == x.selected {
			x.at, found = i, true
		}
	}
	x.at = max(0, min(x.at, len(rows)-1))
	if !found {
		x.selected = ""
	}
	return rows
}

func (x *state) move(by int) {
	rows := x.rows()
	x.at = max(0, min(x.at+by, len(rows)-1))
	if len(rows) > 0 {
		x.selected = rows[x.at].Key()
	}
}

// room is how many rows there is room for, between the head and the last line.
func (x *state) room() int { return max(1, x.height-4) }

const helpText = `up, down     select a row            p  processes
enter        go into it              t  threads
esc          go back                 c  calls
s, < and >   sort by another column  /  filter by name
space        pause                   q  quit
ctrl+l       draw the screen again`

func (x *state) View() tea.View {
	page := Page{Sample: x.sample, Choice: x.choice, Title: x.Title, Width: x.width}
	lines := page.Head()
	rows := x.rows()
	x.top = max(0, min(x.top, x.at, len(rows)-1))
	x.top = max(x.top, x.at-x.room()+1)
	for i := x.top; i < min(len(rows), x.top+x.room()); i++ {
		line := page.Row(&rows[i])
		if i == x.at {
			line = "\x1b[7m" + line + strings.Repeat(" ", max(0, x.width-len(line))) + "\x1b[m"
		}
		lines = append(lines, line)
	}
	if x.help {
		lines = append(lines[:2], strings.Split(helpText, "\n")...)
	}
	for len(lines) < x.height-1 {
		lines = append(lines, "")
	}
	lines = append(lines[:max(0, min(len(lines), x.height-1))], page.cut(x.foot()))
	v := tea.NewView(strings.Join(lines, "\n"))
	v.AltScreen = true
	return v
}

func (x *state) foot() string {
	switch {
	case x.typing:
		return "filter: " + x.choice.Filter + "_"
	case x.paused:
		return "paused; space goes on"
	}
	return "enter: into  esc: back  p t c: processes threads calls  s: sort  /: filter  space: pause  ?: help  q: quit"
}
