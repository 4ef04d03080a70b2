package bpf_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/utrace/utrace/tracehook"
	"github.com/utrace/utrace/tracehook/bpf"
	"github.com/utrace/utrace/tracehook/hooktest"
	"github.com/utrace/utrace/tracehook/linux"
)

// TestContract runs the conformance suite, beside loops that use ptrace. Where
// observing is not possible, the error has to say why.
func TestContract(t *testing.T) {
	if err := bpf.Probe(); err != nil {
		refused(t, err)
		return
	}
	hooktest.TestObserver(t, hooktest.Real(linux.New()), new(bpf.Monitor))
}

// refused checks the error of a machine, or a user, without eBPF.
func refused(t *testing.T, err error) {
	t.Logf("observing is not possible here: %v", err)
	var why *bpf.Error
	if !errors.As(err, &why) || why.Rule == "" || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error does not explain itself: %v", err)
	}
	if !errors.Is(err, tracehook.ErrNotPermitted) && !errors.Is(err, tracehook.ErrNotSupported) {
		t.Errorf("the error is no condition of the contract: %v", err)
	}
}

// TestBadPlan: a plan that the programs could not follow is refused.
func TestBadPlan(t *testing.T) {
	for _, c := range []bpf.Call{
		{Entry: []bpf.Read{{Base: bpf.Arg(0)}}},
		{Entry: []bpf.Read{{Base: bpf.Word(0, 0, 8), Most: 8}}},
		{Exit: []bpf.Read{{Most: 8}}},
		{Entry: make([]bpf.Read, bpf.MaxReads+1)},
		{Conditions: make([]bpf.Condition, bpf.MaxConditions+1)},
		{Conditions: []bpf.Condition{{Arg: 6, Kind: bpf.Equal}}},
		{Conditions: []bpf.Condition{{Kind: bpf.HasPrefix, Prefix: strings.Repeat("x", bpf.MaxPrefix+1)}}},
	} {
		m := &bpf.Monitor{Calls: func(bpf.ABI, int) bpf.Call { return c }}
		if _, err := m.NewObserver(handler(func(*tracehook.Event) {})); !errors.Is(err, tracehook.ErrInvalid) {
			t.Errorf("%+v: error %v, want ErrInvalid", c, err)
		}
	}
}

type handler func(*tracehook.Event)

func (h handler) Handle(e *tracehook.Event) { h(e) }
