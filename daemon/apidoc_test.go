package daemon_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	lib "github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/actor"
	"github.com/utrace/utrace/internal/scale"
)

// conversations are those of docs/api.md.
func conversations(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range regexp.MustCompile("(?s)```json conversation\n(.*?)```").FindAllSubmatch(text, -1) {
		list = append(list, string(m[1]))
	}
	return list
}

// TestAPIDocument has the conversations of docs/api.md with an owner: what the
// client is to get is what it gets. Every method is in one of them.
func TestAPIDocument(t *testing.T) {
	all := conversations(t)
	for i, text := range all {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) { converse(t, text) })
	}
	c := dial(t)
	for _, method := range api.Methods() {
		if !strings.Contains(strings.Join(all, ""), `"method":"`+method+`"`) {
			t.Errorf("docs/api.md has no example of %s", method)
		}
		if err := c.Call(t.Context(), method, map[string]any{"nonsense": 1}, nil); err != nil && strings.Contains(err.Error(), "there is no method") {
			t.Errorf("%s: %v", method, err)
		}
	}
}

// speaker has one conversation.
type speaker struct {
	*testing.T
	conn  *net.UnixConn
	lines *bufio.Scanner
	p     *actor.Process
	line  string // of the document
	// early are messages that came before others.
	early []map[string]any
	// values are what the document calls by a name.
	values map[string]string
}

func converse(t *testing.T, text string) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: os.Getenv("UTRACE_SOCKET"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(scale.Time(20 * time.Second))); err != nil {
		t.Fatal(err)
	}
	var info lib.Siginfo
	info.SetSigno(int(syscall.SIGUSR1))
	info.SetCode(-1)
	s := &speaker{
		T: t, conn: conn, lines: bufio.NewScanner(conn), p: actor.Start(t, "handle USR1; barrier a; getppid; kill USR1; exit 3"),
		values: map[string]string{"$siginfo": base64.StdEncoding.EncodeToString(info[:])},
	}
	s.lines.Buffer(nil, api.MaxMessage)
	s.p.Expect("@a\n")
	for line := range strings.Lines(text) {
		line = strings.ReplaceAll(strings.TrimSpace(line), "1234", fmt.Sprint(s.p.PID))
		mark, rest, _ := strings.Cut(line, " ")
		s.line = line
		switch {
		case mark == "→":
			s.say(rest)
		case mark == "←":
			s.expect(rest)
		case rest == "the program goes on":
			s.p.Release()
		default:
			t.Fatalf("what is %q", line)
		}
	}
}

// say sends a request, with the descriptor that it may need.
func (s *speaker) say(line string) {
	s.Helper()
	for name, value := range s.values {
		line = strings.ReplaceAll(line, name, value)
	}
	var rights []byte
	if strings.Contains(line, `"fds":1`) {
		mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", s.p.PID), os.O_RDWR, 0)
		if err != nil {
			s.Fatal(err)
		}
		defer mem.Close()
		rights = syscall.UnixRights(int(mem.Fd()))
	}
	if _, _, err := s.conn.WriteMsgUnix([]byte(line+"\n"), rights, nil); err != nil {
		s.Fatal(err)
	}
}

// next is the next message from the owner.
func (s *speaker) next() (m map[string]any) {
	s.Helper()
	if !s.lines.Scan() {
		s.Fatalf("no more comes from the owner (%v), at\n%s\nafter\n%v", s.lines.Err(), s.line, s.early)
	}
	if err := json.Unmarshal(s.lines.Bytes(), &m); err != nil {
		s.Fatal(err)
	}
	return m
}

// expect waits for a message like the one of the document. Others may come before.
func (s *speaker) expect(line string) {
	s.Helper()
	var want map[string]any
	if err := json.Unmarshal([]byte(line), &want); err != nil {
		s.Fatalf("%s: %v", line, err)
	}
	for i, m := range s.early {
		if unlike(want, m, "") == "" {
			s.early = append(s.early[:i], s.early[i+1:]...)
			s.keep(want, m)
			return
		}
	}
	for {
		m := s.next()
		why := unlike(want, m, "")
		if why == "" {
			s.keep(want, m)
			return
		}
		if m["id"] != nil {
			text, _ := json.Marshal(m)
			s.Fatalf("the document has\n%s\nand the owner says\n%s\n%s", line, text, why)
		}
		s.early = append(s.early, m)
		s.let(want, m)
	}
}

// let lets a thread go on from an event that the document does not have.
func (s *speaker) let(want, m map[string]any) {
	about, _ := want["params"].(map[string]any)
	ev, _ := m["params"].(map[string]any)
	if m["method"] == api.NotifyEvent && ev["waits"] == true && about["event"] != nil {
		s.say(fmt.Sprintf(`{"jsonrpc":"2.0","method":"engine.answer","params":{"seq":%v}}`, ev["seq"]))
	}
}

// keep remembers registers, and the numbers of events, for what follows.
func (s *speaker) keep(want, m map[string]any) {
	result, _ := m["result"].(map[string]any)
	values, _ := result["values"].(map[string]any)
	for name, value := range values {
		s.values["$"+name] = "0x" + value.(string)
	}
	said, _ := want["params"].(map[string]any)
	params, _ := m["params"].(map[string]any)
	if said["seq"] != nil {
		s.values[fmt.Sprintf(`"seq":%v`, said["seq"])] = fmt.Sprintf(`"seq":%v`, params["seq"])
	}
}

// different are the members whose numbers are others in each run.
var different = map[string]bool{"pid": true, "uid": true, "start": true, "mask": true, "seq": true}

// unlike says in what a message differs from the document's; empty: in nothing. A
// text that ends with an ellipsis is the beginning, and more members may come.
func unlike(want, got any, name string) string {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v", name, got)
		}
		for key, value := range want {
			if why := unlike(value, have[key], key); why != "" {
				return why
			}
		}
		return ""
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(want) && len(want) != 0 {
			return fmt.Sprintf("%s is %v", name, got)
		}
		for i := range want {
			if why := unlike(want[i], have[i], name); why != "" {
				return why
			}
		}
		return ""
	case string:
		have, ok := got.(string)
		beginning, cut := strings.CutSuffix(want, "…")
		switch {
		case !ok, !cut && have != want && !different[name]:
			return fmt.Sprintf("%s is %v", name, got)
		case cut && !strings.HasPrefix(have, beginning) && !different[name] && name != "rip" && name != "rsp":
			return fmt.Sprintf("%s is %v", name, got)
		}
		return ""
	}
	if want != got && !(different[name] && got != nil) {
		return fmt.Sprintf("%s is %v", name, got)
	}
	return ""
}

// TestPythonClient runs the client of the document that is not written in Go.
func TestPythonClient(t *testing.T) {
	script, err := os.ReadFile("testdata/calls.py")
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(document), "```python daemon/testdata/calls.py\n"+string(script)+"```") {
		t.Error("docs/api.md shows another daemon/testdata/calls.py")
	}
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, []byte("text\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p, begin := held(t, "while :; do read x < '"+file+"' || exit 1; done")
	cmd := exec.Command("python3", "testdata/calls.py", fmt.Sprint(p.number()), "3")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the client to attach", func() bool {
		status, _ := os.ReadFile("/proc/" + p.pid() + "/status")
		return !bytes.Contains(status, []byte("TracerPid:\t0\n"))
	})
	begin()
	lines := bufio.NewScanner(out)
	for i := range 3 {
		if !lines.Scan() || lines.Text() != file {
			t.Errorf("line %d is %q", i, lines.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	untraced(t, p)
}
