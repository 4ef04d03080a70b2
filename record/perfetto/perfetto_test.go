package perfetto_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/utrace/utrace/record/perfetto"
)

// Example writes a call and a signal of one thread.
func Example() {
	w := perfetto.NewWriter(new(bytes.Buffer)) // a file, usually
	start := time.Unix(1, 0)
	w.Thread(100, 101, "worker")
	w.Begin(101, start, "file", "openat", perfetto.Arg{Name: "arguments", Text: `AT_FDCWD, "/etc/hosts", O_RDONLY`})
	w.End(101, start.Add(time.Millisecond), perfetto.Arg{Name: "result", Text: "3"})
	err := w.Instant(101, start, "signal", "SIGCHLD")
	fmt.Println(err)
	// Output: <nil>
}

// outline prints messages as the schema's field numbers and values.
func outline(b []byte, nested map[string]bool, path string) string {
	var out strings.Builder
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		b = b[n:]
		at := fmt.Sprintf("%s.%d", path, num)
		if typ == protowire.VarintType {
			v, n := protowire.ConsumeVarint(b)
			b = b[n:]
			fmt.Fprintf(&out, " %d=%d", num, v)
			continue
		}
		v, n := protowire.ConsumeBytes(b)
		b = b[n:]
		if nested[at] {
			fmt.Fprintf(&out, " %d{%s }", num, outline(v, nested, at))
		} else {
			fmt.Fprintf(&out, " %d=%q", num, v)
		}
	}
	return out.String()
}

// TestSchema compares with what the schema's field numbers make of it
// (protos/perfetto/trace/trace_packet.proto and track_event/*.proto).
func TestSchema(t *testing.T) {
	var b bytes.Buffer
	w := perfetto.NewWriter(&b)
	at := time.Unix(0, 5000)
	w.Thread(7, 8, "x")
	w.Begin(8, at, "c", "n", perfetto.Arg{Name: "a", Text: "t"})
	w.End(8, at.Add(1))
	w.Instant(8, at.Add(2), "signal", "s")
	nested := map[string]bool{".1": true, ".1.60": true, ".1.60.3": true, ".1.60.4": true, ".1.11": true, ".1.11.4": true}
	want := ` 1{ 60{ 1=14 3{ 1=7 6="x" } } 10=1 }` +
		` 1{ 60{ 1=17 4{ 1=7 2=8 5="x" } } 10=1 }` +
		` 1{ 8=5000 11{ 9=1 11=17 22="c" 23="n" 4{ 10="a" 6="t" } } 10=1 }` +
		` 1{ 8=5001 11{ 9=2 11=17 } 10=1 }` +
		` 1{ 8=5002 11{ 9=3 11=17 22="signal" 23="s" } 10=1 }`
	if got := outline(b.Bytes(), nested, ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestFullDisk(t *testing.T) {
	w := perfetto.NewWriter(full{})
	w.Thread(1, 1, "")
	if err := w.Instant(1, time.Time{}, "", "x"); err == nil || err.Error() != "full" {
		t.Error(err)
	}
}
