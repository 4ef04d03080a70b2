package daemon_test

import (
	"testing"

	"github.com/utrace/utrace/client"
	"github.com/utrace/utrace/tracehook/hooktest"
)

// TestContract: the back end over the owner's socket keeps the contract of all
// back ends.
func TestContract(t *testing.T) { hooktest.TestKernel(t, hooktest.Shared(client.Kernel{})) }
