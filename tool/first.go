package tool

import (
	"sync/atomic"

	"github.com/utrace/utrace"
)

// onFirst: FirstThread takes cores, over first.
var (
	onFirst atomic.Bool
	first   = make(chan *utrace.Core)
)

// FirstThread calls command on another goroutine, and meanwhile runs the cores that it
// opens with CoreOptions.First on the calling one, which is locked to the first thread
// of the process. It does not return; command ends the process.
func FirstThread(command func()) {
	onFirst.Store(true)
	go command()
	for core := range first {
		_ = core.Run() // who opens it asks for the error
	}
}

// startOnFirst is the Start of a core for FirstThread.
func startOnFirst(core *utrace.Core) { first <- core }
