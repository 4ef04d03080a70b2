// Package host wires a core to this machine: what a program imports to just
// trace.
//
//	core, err := host.Open(utrace.Options{})
//	defer core.Close()
//	engine, err := core.Attach(ctx, pid, handler, utrace.WithEvents(...))
package host

import (
	"github.com/utrace/utrace"
	"github.com/utrace/utrace/tracehook/linux"
)

// Open returns a core over the kernel of this machine, with its loop running.
// Close it to let every thread go.
func Open(options utrace.Options) (*utrace.Core, error) {
	return OpenKernel(linux.New(), options)
}

// OpenKernel is Open with choices about the back end.
func OpenKernel(kernel linux.Kernel, options utrace.Options) (*utrace.Core, error) {
	core, err := utrace.New(kernel, options)
	if err != nil {
		return nil, err
	}
	core.Start()
	return core, nil
}
