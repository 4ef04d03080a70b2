package tool

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/leak"
	"github.com/utrace/utrace/launch"
)

func TestMain(m *testing.M) { leak.Main(m) }

// loop asks hands of this process, by way of the wire's form.
type loop struct{ hands *Hands }

func (l loop) Ask(ctx context.Context, do string, params any, fds ...int) (json.RawMessage, []int, error) {
	text, err := json.Marshal(params)
	if err != nil {
		return nil, nil, err
	}
	var copies []*os.File
	for _, fd := range fds {
		fd, err := duplicate(fd)
		if err != nil {
			return nil, nil, err
		}
		copies = append(copies, os.NewFile(uintptr(fd), "sent"))
	}
	told, file := l.hands.Do(ctx, &api.Ask{Do: do, Params: text}, copies...)
	closeFiles(copies)
	if told.Failure != nil {
		return nil, nil, ErrorOf(told.Failure)
	}
	if file == nil {
		return told.Result, nil, nil
	}
	defer file.Close()
	fd, err := syscall.Dup(int(file.Fd()))
	return told.Result, []int{fd}, err
}

// What commands tell apart is told apart on the other side, too.
func TestRemoteErrors(t *testing.T) {
	r := NewRemote(loop{NewHands(0)}, nil, []int{int(syscall.SIGHUP)})
	_, err := r.OpenFile("/no/such/file", os.O_RDONLY, 0)
	if path := (*fs.PathError)(nil); !errors.As(err, &path) || path.Path != "/no/such/file" || !errors.Is(err, syscall.ENOENT) {
		t.Errorf("open: %#v", err)
	}
	_, err = r.LookPath("no-such-program")
	if launch.ExitCode(err) != 127 {
		t.Errorf("look: %#v", err)
	}
	_, err = r.Start(t.Context(), nil, &launch.Command{Path: "/etc/passwd"}, func(int) error { return nil })
	if launch.ExitCode(err) != 126 {
		t.Errorf("start: %#v", err)
	}
	if !r.Ignored(syscall.SIGHUP) || r.Ignored(syscall.SIGINT) {
		t.Error("the ignored signals are others")
	}
}

// Files are what they are here.
func TestRemoteFiles(t *testing.T) {
	r := NewRemote(loop{NewHands(0)}, nil, nil)
	name := filepath.Join(t.TempDir(), "f")
	f, err := r.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("x")
	f.Close()
	if err := r.Rename(name, name+"2"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(name + "2"); string(text) != "x" {
		t.Errorf("%q, %v", text, err)
	}
	if err := r.Remove(name + "2"); err != nil {
		t.Error(err)
	}
	w, err := r.Pipe("cat >" + name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "piped")
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(name); string(text) != "piped" {
		t.Errorf("the command has written %q", text)
	}
}

// A relay whose reader sleeps takes everything, and in its order.
func TestRelay(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	relay := RelayTo(w)
	var want bytes.Buffer
	for i := range 100 {
		line := bytes.Repeat([]byte{byte('a' + i%26)}, 5000)
		want.Write(line)
		if n, err := relay.Write(line); n != len(line) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	read := make(chan []byte)
	go func() {
		text, _ := io.ReadAll(r)
		read <- text
	}()
	if err := relay.Close(); err != nil {
		t.Error(err)
	}
	if got := <-read; !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%d bytes came, %d were written, or in another order", len(got), want.Len())
	}
	r.Close()
}

// What is too long for a relay that makes nobody wait is counted at once, and the relay
// goes on behind it.
func TestLossyRelay(t *testing.T) {
	r, w := io.Pipe()
	relay := LossyRelayTo(w)
	read := make(chan string)
	go func() {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			read <- lines.Text()
		}
		close(read)
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case got := <-read:
			if got != want {
				t.Errorf("%q came, not %q", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%q does not come", want)
		}
	}
	relay.Write(bytes.Repeat([]byte{'\n'}, maxBehind+1))
	expect("")
	expect(fmt.Sprintf("utrace: nobody has read this in time: %d lines are left out", maxBehind+1))
	relay.Write([]byte("behind it\n"))
	expect("behind it")
	if err := relay.Close(); err != nil {
		t.Error(err)
	}
	<-read
}

// asker is a client that passes a signal on before it answers.
type asker struct{ before func() }

func (a asker) Ask(context.Context, string, any, ...int) (json.RawMessage, []int, error) {
	a.before()
	return nil, nil, nil
}

// TestSignalBeforeAnswer: a signal that comes before the client's answer is delivered,
// and the answer not waited for in vain: both come by one connection.
func TestSignalBeforeAnswer(t *testing.T) {
	var r *Remote
	r = NewRemote(asker{func() { r.Deliver(syscall.SIGINT) }}, nil, nil)
	got := make(chan os.Signal, 1)
	r.Notify(got, syscall.SIGINT)
	if s := <-got; s != syscall.SIGINT {
		t.Errorf("got %v", s)
	}
	r.Forget(got)
}
