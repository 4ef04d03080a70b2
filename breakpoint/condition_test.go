//go:build linux && amd64

package breakpoint_test

import (
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/breakpoint/agent"
	"github.com/utrace/utrace/internal/scale"
)

// A condition in gdb's bytecode holds when the same one in Go does, by register
// and by memory, in all threads.
func TestAgentCondition(t *testing.T) {
	// ($rdi & 4) != 0 && *(unsigned char *)$rip != 0, as gdb compiles it. A
	// planted instruction does not show, so the byte is the function's own.
	program, err := agent.Parse([]byte{
		0x26, 0, 5, 0x2a, 32, 0x22, 4, 0x0f, 0x0e, 0x20, 0, 17, // reg 5, zero_ext, const8, bit_and, log_not, if_goto
		0x26, 0, 16, 0x17, 0x27, // reg 16, ref8, end
		0x22, 0, 0x27, // const8 0, end
	})
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, 4, scale.Rounds(1000)/4, 0)
	m := p.open(t, utrace.Process, "m")
	set := func(condition func(*utrace.Report, *breakpoint.Breakpoint) bool) *breakpoint.Breakpoint {
		b, err := m.Set(t.Context(), breakpoint.Spec{Addr: p.a, Condition: condition})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	byAgent := set(func(r *utrace.Report, _ *breakpoint.Breakpoint) bool { return program.Holds(r, nil) })
	byGo := set(func(r *utrace.Report, _ *breakpoint.Breakpoint) bool {
		rdi, err := r.ABI().View().ReadUint(r, "rdi")
		if err != nil {
			t.Error(err)
		}
		return rdi&4 != 0
	})
	shown := set(func(r *utrace.Report, _ *breakpoint.Breakpoint) bool {
		rip, err := agent.NewThread(r, nil).ReadRegister(16)
		return rip == p.a && err == nil
	})
	calls, _ := p.finish(t)
	if byAgent.Hits() != byGo.Hits() || byGo.Hits() == 0 || byGo.Hits() == calls {
		t.Errorf("%d hits by the agent, %d by Go, of %d", byAgent.Hits(), byGo.Hits(), calls)
	}
	if shown.Hits() != calls {
		t.Errorf("the program counter was right %d times of %d", shown.Hits(), calls)
	}
}
