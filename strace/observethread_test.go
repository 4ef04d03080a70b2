package strace

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/internal/procfs"
)

// TestKernelThread: a thread of the kernel makes no calls. Every mode refuses it at
// once, naming the rule, and does not wait.
func TestKernelThread(t *testing.T) {
	const kthreadd = 2
	if it, err := procfs.ReadStatus(kthreadd); err != nil || it.Name != "kthreadd" {
		t.Skip("no thread of the kernel in this pid namespace")
	}
	for _, mode := range []string{"observe", "stop"} {
		var out bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		o := Run(ctx, to(&out, &out), "strace", "test", []string{"--mode=" + mode, "-p", "2"})
		cancel()
		if o.Code == 0 || !strings.Contains(out.String(), "kthreadd is a thread of the kernel") {
			t.Errorf("%s: %+v: %s", mode, o, &out)
		}
	}
}
