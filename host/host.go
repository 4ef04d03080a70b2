// Package host wires a core to this machine: what a program imports to just
// trace.
//
//	core, err := host.Open(utrace.Options{})
//	defer core.Close()
//	engine, err := core.Attach(ctx, pid, handler, utrace.WithEvents(...))
//
// To trace a program that is to be started, use [Start], not os/exec: for the
// parent of a tracee that is its tracer, too, wait4(2) returns the tracee's
// stops, in whatever thread it is called (ptrace(2), "Death under ptrace" and
// "Stopped states"). (*exec.Cmd).Wait takes such a stop for the end, and takes
// it away from the core. Other children may be run by os/exec at the same time.
package host

import (
	"context"
	"errors"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/denial"
	"github.com/utrace/utrace/tracehook/bpf"
	"github.com/utrace/utrace/tracehook/linux"
)

// Open returns a core over the kernel of this machine, with its loop running. Without
// a Monitor of their own, the options get that of package bpf.
// Close it to let every thread go.
func Open(options utrace.Options) (*utrace.Core, error) {
	return OpenKernel(linux.New(), options)
}

// OpenKernel is Open with choices about the back end.
func OpenKernel(kernel linux.Kernel, options utrace.Options) (*utrace.Core, error) {
	return OpenOn((*utrace.Core).Start, kernel, options)
}

// OpenOn is OpenKernel, with a function that has the core's Run called somewhere, as
// its Start does on a thread of its own.
func OpenOn(start func(*utrace.Core), kernel linux.Kernel, options utrace.Options) (*utrace.Core, error) {
	if options.Stepper == nil {
		options.Stepper = stepper{}
	}
	if options.Monitor == nil {
		options.Monitor = new(bpf.Monitor)
	}
	core, err := utrace.New(kernel, options)
	if err != nil {
		return nil, err
	}
	start(core)
	// A loop that has no way to wait for tracees has ended already, and says why. Where
	// a rule forbids all tracing it could not trace even a process of its own, which
	// nobody wants to hear of.
	if err := core.Do(context.Background(), func() error { return nil }); err != nil {
		var refused *denial.Error
		if errors.As(err, &refused) {
			refused.TID = 0
			return nil, refused
		}
		return nil, err
	}
	return core, nil
}
