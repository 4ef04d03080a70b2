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

// TestObserverContract runs the suite for observers.
func TestObserverContract(t *testing.T) {
	for seed := range 3 {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			w := sim.New(uint64(seed))
			hooktest.TestObserver(t, hooktest.Simulated(w), w)
		})
	}
}
