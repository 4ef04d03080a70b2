package client_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/daemon"
)

// ownerVariable has this program be an owner on the socket that it names. It is a
// process of its own: one that is tracer and parent would take the ends of what the
// tests start away from them.
const ownerVariable = "UTRACE_TEST_OWNER"

// socket is where it listens.
var socket string

func TestMain(m *testing.M) {
	if path := os.Getenv(ownerVariable); path != "" {
		if err := daemon.Serve(context.Background(), daemon.Options{Path: path}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if what := os.Getenv(stuckVariable); what != "" {
		fmt.Println(stuckMain(what))
		os.Exit(1)
	}
	os.Exit(withOwner(m))
}

func withOwner(m *testing.M) int {
	dir, err := os.MkdirTemp("", "utrace-client")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	socket = filepath.Join(dir, "run", "owner")
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerVariable+"="+socket)
	owner.Stderr = os.Stderr
	if err := owner.Start(); err != nil {
		panic(err)
	}
	defer func() {
		_ = owner.Process.Kill()
		_ = owner.Wait()
	}()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if c, err := client.Dial(socket); err == nil {
			_ = c.Close()
			return m.Run()
		} else if time.Now().After(end) {
			panic(err)
		}
	}
}
