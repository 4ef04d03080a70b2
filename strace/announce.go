package strace

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/procfs"
)

// Who observes stops nobody and excludes nobody, and needs no owner. But who asks who
// traces a program wants to hear of it. So each process that observes listens on a
// socket beside the owner's, and tells who connects.

// announced is what the name of such a socket begins with, behind the owner's.
const announced = ".observer."

// announce has Observed find what the watcher observes, until end. Where no socket can
// be made nobody hears of it, which does no harm.
func (w *Watcher) announce(name string) (end func()) {
	path := api.SocketPath() + announced + fmt.Sprint(os.Getpid())
	if api.Private(filepath.Dir(path)) != nil {
		return func() {} // others could be there, or nobody has had an owner yet
	}
	_ = os.Remove(path) // of one that had this id, and was killed
	l, err := net.Listen("unix", path)
	if err != nil {
		return func() {}
	}
	_ = os.Chmod(path, 0o600)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.SetDeadline(time.Now().Add(askPatience))
			_ = json.NewEncoder(c).Encode(w.threads(name)) // or it has gone
			_ = c.Close()
		}
	}()
	return func() { _ = l.Close() }
}

// threads lists what is observed.
func (w *Watcher) threads(name string) []api.Thread {
	w.mu.Lock()
	list := make([]api.Thread, 0, len(w.live))
	for x := range w.live {
		list = append(list, api.Thread{Thread: x.t.TID, Process: x.group})
	}
	w.mu.Unlock()
	slices.SortFunc(list, func(a, b api.Thread) int { return a.Thread - b.Thread })
	by := fmt.Sprintf("%s, process %d", name, os.Getpid())
	for i := range list {
		x := &list[i]
		x.Program, _ = procfs.Exe(x.Process) // or it has ended
		x.Mechanism = w.observer.Name()
		x.Engines = []api.Engine{{Name: by}}
	}
	return list
}

// askPatience is how long the answer of a process that observes may take.
const askPatience = time.Second

// Observed lists the threads that processes of this user observe with a [Watcher]:
// one entry for each of both.
func Observed() (list []api.Thread, err error) {
	if api.Private(filepath.Dir(api.SocketPath())) != nil {
		return nil, nil
	}
	paths, err := filepath.Glob(api.SocketPath() + announced + "*")
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		c, err := net.DialTimeout("unix", path, askPatience)
		if errors.Is(err, syscall.ECONNREFUSED) {
			_ = os.Remove(path) // it was killed
			continue
		}
		if err != nil {
			continue // it is ending
		}
		_ = c.SetDeadline(time.Now().Add(askPatience))
		var more []api.Thread
		err = json.NewDecoder(c).Decode(&more)
		_ = c.Close()
		if err == nil {
			list = append(list, more...)
		}
	}
	return list, nil
}
