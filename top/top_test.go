package top

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

var start = time.Unix(1000, 0)

// busy is a model of two processes, one of which has two threads.
func busy() *Model {
	m := new(Model)
	m.Sample(start)
	m.Thread(10, 10, "server")
	m.Thread(10, 11, "worker")
	m.Thread(20, 20, "evil\x1b[2J")
	for range 100 {
		m.Leave(11, "read", time.Millisecond, false)
	}
	m.Leave(11, "openat", 3*time.Millisecond, true)
	m.Leave(20, "read", 50*time.Millisecond, false)
	m.Enter(10, "epoll_wait", start)
	return m
}

func names(rows []Row) string {
	var list []string
	for _, r := range rows {
		list = append(list, r.Name)
	}
	return strings.Join(list, " ")
}

func TestTables(t *testing.T) {
	s := busy().Sample(start.Add(2 * time.Second))
	for _, c := range []struct {
		choice Choice
		want   string
	}{
		{Choice{}, "server evil\x1b[2J"},
		{Choice{By: Threads}, "worker evil\x1b[2J server"},
		{Choice{By: Threads, Order: ByLongest}, "evil\x1b[2J worker server"},
		{Choice{By: Threads, PID: 10}, "worker server"},
		{Choice{By: Calls}, "read openat"},
		{Choice{By: Calls, Order: ByErrors}, "openat read"},
		{Choice{By: Calls, TID: 20}, "read"},
		{Choice{By: Threads, Call: "openat"}, "worker"},
		{Choice{By: Threads, Filter: "WORK"}, "worker"},
		{Choice{By: Processes, Filter: "none"}, ""},
	} {
		if got := names(s.Table(c.choice)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.choice, got, c.want)
		}
	}
	server := s.Table(Choice{})[0]
	if server.Threads != 2 || server.Now.Calls != 101 || server.Now.Errors != 1 || server.In != "epoll_wait" || server.For != 2*time.Second {
		t.Errorf("%+v", server)
	}
}

// What was counted once is not counted again, and a thread that ended is shown
// once more.
func TestSamples(t *testing.T) {
	m := busy()
	m.Gone(20)
	m.Lost(7)
	if s := m.Sample(start.Add(time.Second)); len(s.Table(Choice{})) != 2 || s.Lost != 7 {
		t.Errorf("%+v", s)
	}
	s := m.Sample(start.Add(2 * time.Second))
	rows := s.Table(Choice{})
	if len(rows) != 1 || rows[0].Now.Calls != 0 || rows[0].All.Calls != 101 || s.Over != time.Second {
		t.Errorf("%+v", rows)
	}
}

func TestPage(t *testing.T) {
	s := busy().Sample(start.Add(2 * time.Second))
	want := `title  3 threads  51 calls/s  0.5 errors/s
processes by time
     PID  THR   calls/s errors/s   time%      mean   longest  total calls  PROCESS           IN
      10    2        50      0.5     5.1    1020us    3000us          101  server            epoll_wait 2000ms
      20    1       0.5        0     2.5      50ms      50ms            1  evil?[2J
`
	if got := (Page{Sample: s, Title: "title"}).String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, line := range strings.Split((Page{Sample: s, Title: "title", Width: 30}).String(), "\n") {
		if len(line) > 30 {
			t.Errorf("%q is too long", line)
		}
	}
}

// press types keys and returns what is shown then.
func press(x *state, keys ...string) string {
	for _, k := range keys {
		msg := tea.KeyPressMsg{Code: []rune(k)[0], Text: k}
		switch k {
		case "enter":
			msg = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "esc":
			msg = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "down":
			msg = tea.KeyPressMsg{Code: tea.KeyDown}
		case "space":
			msg = tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
		}
		x.Update(msg)
	}
	return x.View().Content
}

// TestKeys goes through the tables as somebody would.
func TestKeys(t *testing.T) {
	x := Screen{Source: busy(), Title: "top", Every: time.Second}.state()
	x.Update(tea.WindowSizeMsg{Width: 100, Height: 12})
	for _, step := range []struct {
		keys string
		want string
	}{
		{"", "processes by time"},
		{"enter", "threads of process 10 by time"},
		{"enter", "calls of process 10 of thread 11 by time"},
		{"enter", "threads of process 10 of thread 11 making read by time"},
		{"esc esc esc", "processes by time"},
		{"c s", "calls by calls"},
		{"<", "calls by time"},
		{"t / w o", "threads with \"wo\" by time"},
		{"enter down ?", "go into it"},
		{"x space", "paused"},
	} {
		if got := press(x, strings.Fields(step.keys)...); !strings.Contains(got, step.want) {
			t.Errorf("%q: no %q in\n%s", step.keys, step.want, got)
		}
		if n := strings.Count(x.View().Content, "\n"); n != 11 {
			t.Errorf("%q: %d lines", step.keys, n+1)
		}
	}
}

// The selection stays with its row when rows change places, and rows beyond the
// screen can be reached.
func TestSelection(t *testing.T) {
	m := new(Model)
	m.Sample(start)
	for i := range 50 {
		m.Thread(100+i, 100+i, "p")
		m.Leave(100+i, "read", time.Duration(50-i)*time.Millisecond, false)
	}
	x := Screen{Source: m}.state()
	x.Update(tea.WindowSizeMsg{Width: 90, Height: 10})
	for range 20 {
		press(x, "down")
	}
	if got := x.View().Content; !strings.Contains(got, "\x1b[7m     120 ") {
		t.Errorf("no row selected that can be seen:\n%s", got)
	}
	m.Leave(120, "read", time.Hour, false)
	x.Update(tick(start.Add(time.Minute)))
	if got := x.View().Content; !strings.Contains(strings.Split(got, "\n")[3], "\x1b[7m     120 ") {
		t.Errorf("the selection has not moved with its row:\n%s", got)
	}
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	s := Screen{Source: busy(), Title: "a title"}
	if err := s.Run(context.Background(), strings.NewReader("q"), &out); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Run(ctx, strings.NewReader(""), &out); err != nil {
		t.Error(err)
	}
}
