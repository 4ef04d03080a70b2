package daemon_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkRequests measures single requests, on the kernel and on the owner.
func BenchmarkRequests(b *testing.B) {
	program := filepath.Join(b.TempDir(), "requests")
	if out, err := exec.Command("gcc", "-O2", "-o", program, "testdata/requests.c").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, c := range []struct {
		name   string
		prefix []string
	}{{"native", nil}, {"virtual", []string{utrace, "run"}}} {
		b.Run(c.name, func(b *testing.B) {
			args := append(c.prefix, program, fmt.Sprint(b.N))
			out, err := exec.Command(args[0], args[1:]...).Output()
			if err != nil {
				b.Fatal(err)
			}
			var peek, poll, stop float64
			if _, err := fmt.Sscan(string(out), &peek, &poll, &stop); err != nil {
				b.Fatalf("%v: %q", err, out)
			}
			b.ReportMetric(peek, "ns/peekuser")
			b.ReportMetric(poll, "ns/poll")
			b.ReportMetric(stop, "ns/stop")
		})
	}
}
