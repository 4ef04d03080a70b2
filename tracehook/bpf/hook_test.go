package bpf_test

import (
	"testing"

	"github.com/utrace/utrace/tracehook/bpf"
	"github.com/utrace/utrace/tracehook/hooktest"
	"github.com/utrace/utrace/tracehook/linux"
)

// TestContract runs the conformance suite, beside loops that use ptrace.
func TestContract(t *testing.T) {
	hooktest.TestObserver(t, hooktest.Real(linux.New()), new(bpf.Monitor))
}
