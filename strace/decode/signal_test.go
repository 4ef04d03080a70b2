package decode

import (
	"fmt"
	"strings"
	"testing"
)

func TestSignalNames(t *testing.T) {
	for sig := 1; sig <= 64; sig++ {
		name := string(AppendSignal(nil, sig))
		for _, n := range []string{name, strings.ToLower(name), strings.TrimPrefix(name, "SIG"), fmt.Sprint(sig)} {
			if got, ok := SignalNumber(n); !ok || got != sig {
				t.Errorf("SignalNumber(%q) = %d, %v; want %d", n, got, ok, sig)
			}
		}
	}
	for _, n := range []string{"", "SIG", "FOO", "-1", "256", "RT_33", "SIGRT_"} {
		if got, ok := SignalNumber(n); ok {
			t.Errorf("SignalNumber(%q) = %d, want none", n, got)
		}
	}
}
