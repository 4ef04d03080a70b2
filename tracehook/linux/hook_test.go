package linux

import (
	"testing"

	"github.com/utrace/utrace/tracehook/hooktest"
)

// TestContract runs the conformance suite.
func TestContract(t *testing.T) { hooktest.TestKernel(t, hooktest.Real(New())) }
