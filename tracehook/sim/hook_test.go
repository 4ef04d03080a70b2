package sim_test

import (
	"strconv"
	"testing"

	"github.com/utrace/utrace/tracehook/hooktest"
	"github.com/utrace/utrace/tracehook/sim"
)

// TestContract runs the conformance suite on live worlds.
func TestContract(t *testing.T) {
	for seed := range 3 {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			hooktest.TestKernel(t, hooktest.Simulated(sim.New(uint64(seed))))
		})
	}
}
