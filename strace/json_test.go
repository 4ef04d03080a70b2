package strace

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// decodeLines parses every line and checks what all have in common.
func decodeLines(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range bytes.Lines(text) {
		var m map[string]any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&m); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		for _, field := range []string{"v", "type", "ts", "tid", "pid"} {
			if m[field] == nil {
				t.Errorf("no %s in %s", field, line)
			}
		}
		if m["v"] != json.Number("1") {
			t.Errorf("version %v", m["v"])
		}
		out = append(out, m)
	}
	return out
}

func TestJSON(t *testing.T) {
	l, out := start(t, "--json", "-f", "-e", "raw=all")
	a := attach(t, l, 100, Launched)
	enter(l, a, 0, "mmap", 0, 1<<53, 1<<53+1, 1<<64-1, 4, 5)
	leave(l, a, 2, 1<<60)
	enter(l, a, 3, "close", 9)
	leave(l, a, 4, -9)
	b := attach(t, l, 101, Followed)
	l.Signal(a, 10, pattern(10, 0, false), at(5))
	l.GroupStop(a, 19, at(6))
	enter(l, b, 7, "execve", 1, 2, 3)
	l.ThreadExec(a, b, at(8))
	leave(l, b, 9, 0)
	enter(l, b, 10, "exit_group", 3)
	l.Death(b, exited(3), at(11))
	c := attach(t, l, 102, Attached)
	enter(l, c, 12, "pause")
	l.Death(c, killed(11)|dumped, at(13))
	d := attach(t, l, 103, Attached)
	l.Detach(d, at(14))
	l.Flush()
	want := strings.TrimPrefix(`
{"v":1,"type":"attach","ts":"1714979289.123456789","tid":100,"pid":100,"origin":"launched"}
{"v":1,"type":"syscall","ts":"1714979289.123456789","tid":100,"pid":100,"abi":"x86_64","nr":9,"name":"mmap","args":[0,9007199254740992,"9007199254740993","18446744073709551615",4,5],"text":["0","0x20000000000000","0x20000000000001","0xffffffffffffffff","0x4","0x5"],"status":"successful","result":"1152921504606846976","result_text":"0x1000000000000000","duration_ns":2000000}
{"v":1,"type":"syscall","ts":"1714979289.126456789","tid":100,"pid":100,"abi":"x86_64","nr":3,"name":"close","args":[9],"text":["0x9"],"status":"failed","result":-1,"errno":"EBADF","result_text":"-1 EBADF (Bad file descriptor)","duration_ns":1000000}
{"v":1,"type":"attach","ts":"1714979289.123456789","tid":101,"pid":100,"origin":"followed"}
{"v":1,"type":"signal","ts":"1714979289.128456789","tid":100,"pid":100,"signal":"SIGUSR1","number":10,"code":0,"info":"{si_signo=SIGUSR1, si_code=SI_USER, si_pid=260, si_uid=261}"}
{"v":1,"type":"stop","ts":"1714979289.129456789","tid":100,"pid":100,"signal":"SIGSTOP","number":19}
{"v":1,"type":"exec","ts":"1714979289.131456789","tid":101,"pid":100,"new_tid":100}
{"v":1,"type":"syscall","ts":"1714979289.130456789","tid":100,"pid":100,"abi":"x86_64","nr":59,"name":"execve","args":[1,2,3],"text":["0x1","0x2","0x3"],"status":"successful","result":0,"result_text":"0","duration_ns":2000000}
{"v":1,"type":"syscall","ts":"1714979289.133456789","tid":100,"pid":100,"abi":"x86_64","nr":231,"name":"exit_group","args":[3],"text":["0x3"],"status":"unfinished"}
{"v":1,"type":"exit","ts":"1714979289.134456789","tid":100,"pid":100,"code":3}
{"v":1,"type":"attach","ts":"1714979289.123456789","tid":102,"pid":102,"origin":"attached"}
{"v":1,"type":"syscall","ts":"1714979289.135456789","tid":102,"pid":102,"abi":"x86_64","nr":34,"name":"pause","args":[],"text":[],"status":"unfinished"}
{"v":1,"type":"exit","ts":"1714979289.136456789","tid":102,"pid":102,"signal":"SIGSEGV","number":11,"core":true}
{"v":1,"type":"attach","ts":"1714979289.123456789","tid":103,"pid":103,"origin":"attached"}
{"v":1,"type":"detach","ts":"1714979289.137456789","tid":103,"pid":103}
`, "\n")
	decodeLines(t, out.text)
	ours, theirs := strings.Split(string(out.text), "\n"), strings.Split(want, "\n")
	for i := range max(len(ours), len(theirs)) {
		if i >= len(ours) || i >= len(theirs) || ours[i] != theirs[i] {
			t.Fatalf("line %d:\n got %s\nwant %s", i, strings.Join(ours[min(i, len(ours)):], "\n"), strings.Join(theirs[min(i, len(theirs)):], "\n"))
		}
	}
}

func TestJSONArguments(t *testing.T) {
	for text, want := range map[string][]string{
		`pause()`:                 {},
		`read(3, "a, b\"), ", 5)`: {`3`, `"a, b\"), "`, `5`},
		`f([1, 2], {a=1, b={c=2, ...}}, g(1, 2))`:  {`[1, 2]`, `{a=1, b={c=2, ...}}`, `g(1, 2)`},
		`execve("/x", ["x"], 0x1 /* 2 vars, ( */)`: {`"/x"`, `["x"]`, `0x1 /* 2 vars, ( */`},
		`read(3, )`:     {`3`},
		`open("\\", 0)`: {`"\\"`, `0`},
	} {
		got := []string{}
		if err := json.Unmarshal(append(appendArguments([]byte{'['}, []byte(text)), ']'), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// Whatever stands in the text, the line is JSON.
func FuzzJSONArguments(f *testing.F) {
	f.Add([]byte(`read(3, "a\0\377", {x=[1, 2]})`))
	f.Add([]byte("x(\"\xff\x00\n\\"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var got []string
		if line := append(appendArguments([]byte{'['}, text), ']'); json.Unmarshal(line, &got) != nil {
			t.Errorf("%q: not JSON: %s", text, line)
		}
	})
}

func TestJSONStatus(t *testing.T) {
	l, out := start(t, "--json", "-Z", "-e", "raw=all", "-e", "signal=none")
	p := attach(t, l, 100, Launched)
	for i := range 4 {
		enter(l, p, i, "close", 1)
		leave(l, p, i, int64(-9*(i%2)))
	}
	if n := len(decodeLines(t, out.text)); n != 3 {
		t.Errorf("%d lines, want 3:\n%s", n, out.text)
	}
}
