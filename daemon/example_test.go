package daemon_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/daemon"
)

// An owner on a socket of its own.
func ExampleServe() {
	dir, err := os.MkdirTemp("", "owner")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	path := filepath.Join(dir, "socket")
	go func() { ended <- daemon.Serve(ctx, daemon.Options{Path: path}) }()
	c, err := client.Dial(path)
	for ; err != nil; c, err = client.Dial(path) {
		time.Sleep(time.Millisecond)
	}
	threads, err := c.List(ctx)
	fmt.Println(len(threads), err)
	c.Close()
	stop()
	fmt.Println(<-ended)
	// Output:
	// 0 <nil>
	// <nil>
}
