package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/utrace/utrace/bench/internal/trial"
)

// serverArgument has this program be the server that is watched.
const serverArgument = "serve"

// serve answers each request with a page that it reads from a file and
// compresses, and says at what address.
func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		trial.Fatal(err)
	}
	fmt.Println(listener.Addr())
	http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		page, err := os.ReadFile("/etc/services")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(page)
		z.Close()
	}))
}

// requestsServed is how many are made over and over.
const requestsServed = 1000

// requests has a tool watch a server, and measures how long requests over eight
// connections take before the tool comes, while it watches, and when it has gone.
func requests(t *tool, _ bool) (p pair, err error) {
	self, err := os.Executable()
	if err != nil {
		return p, err
	}
	server := exec.Command(self, serverArgument)
	out, err := server.StdoutPipe()
	if err != nil {
		return p, err
	}
	if err := server.Start(); err != nil {
		return p, err
	}
	defer server.Wait()
	defer server.Process.Kill()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return p, err
	}
	url := "http://" + strings.TrimSpace(address)
	if err := load(url, requestsServed/4); err != nil { // it makes its threads now
		return p, err
	}
	before, err := clock(url)
	if err != nil {
		return p, err
	}
	if p.watched, err = clockWatched(t, server.Process.Pid, url); err != nil {
		return p, err
	}
	after, err := clock(url)
	p.plain = (before + after) / 2
	return p, err
}

// clockWatched measures requests to a server that the tool watches.
func clockWatched(t *tool, pid int, url string) (float64, error) {
	end, err := t.watch(pid)
	if err != nil {
		return 0, err
	}
	defer end()
	for {
		if watching, err := t.watching(); err != nil {
			return 0, err
		} else if watching {
			return clock(url)
		}
		if err := load(url, 8); err != nil {
			return 0, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// clock measures how long the requests take.
func clock(url string) (float64, error) {
	begin := time.Now()
	err := load(url, trial.Times(requestsServed))
	return time.Since(begin).Seconds(), err
}

// load makes requests over eight connections.
func load(url string, n int) error {
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 8, MaxIdleConnsPerHost: 8, DisableCompression: true}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for range 8 {
		wg.Go(func() {
			for range n / 8 {
				response, err := client.Get(url)
				if err != nil {
					errs <- err
					return
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}
