// Package hosttest opens cores for tests.
package hosttest

import (
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
)

// Open is host.Open for one test: the core is closed when the test ends, and a
// fault that it meets fails the test.
func Open(tb testing.TB) *utrace.Core {
	tb.Helper()
	core, err := host.Open(utrace.Options{
		OnFault: func(thread int, err error) { tb.Errorf("fault on thread %d: %v", thread, err) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { core.Close() })
	return core
}
