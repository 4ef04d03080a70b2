//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/utrace/utrace/gdbserver"
)

// vectorWrites are commands of gdb. In a machine that does not have a register gdb says so.
var vectorWrites = map[string][]string{
	"amd64":   {"set var $xmm1.v4_int32[3] = 7", "set var $ymm15.v8_int32[7] = 9", "set var $st3 = 1.5"},
	"arm64":   {"set var $v2.d.u[1] = 7", "set var $z1.d.u[3] = 9", "set var $z31.b.u[33] = 5", "set var $p15[1] = 3", "set var $ffr[0] = 1"},
	"ppc64le": {"set var $vr1.v4_int32[1] = 7", "set var $vs3.v4_int32[3] = 9", "set var $f7 = 1.5"},
}

// misplaced are registers that gdb before 14 looks for where Intel's processors save them,
// also on those of AMD (the layout is asked for by CPUID.0DH).
var misplaced = regexp.MustCompile(`^(k[0-7]|zmm[0-9]+|[xy]mm(1[6-9]|[23][0-9])|pkru)$`)

// gdb shows of a thread through the server what it shows by itself: every register, under
// the same name and with the same value, also what it has written.
func TestGDBAsNative(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	target := exec.Command(s.file, "2")
	if err := target.Start(); err != nil {
		t.Fatal(err)
	}
	defer target.Wait()
	defer target.Process.Kill()
	pid := target.Process.Pid
	waits := func() bool { // the first thread, for the others
		tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return len(tasks) == 3 && strings.Contains(string(stat), ") S ")
	}
	for deadline := time.Now().Add(20 * time.Second); !waits(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the first thread does not wait for the others")
		}
	}
	show := func(commands ...string) map[string]string {
		t.Helper()
		args := []string{"-nx", "-batch", "-iex", "set sysroot", "-iex", "set debuginfod enabled off", "-ex", "file " + s.file}
		for _, c := range append(commands, fmt.Sprintf("attach %d", pid), "thread 1") {
			args = append(args, "-ex", c)
		}
		for _, c := range vectorWrites[runtime.GOARCH] {
			args = append(args, "-ex", c)
		}
		// What was written is read again.
		out, err := exec.Command("gdb", append(args, "-ex", "maint flush register-cache", "-ex", "echo registers:\\n", "-ex", "info all-registers", "-ex", "detach")...).CombinedOutput()
		_, registers, found := strings.Cut(string(out), "registers:\n")
		if err != nil || !found {
			t.Fatalf("gdb: %v\n%s", err, out)
		}
		registers, _, _ = strings.Cut(registers, "\nDetaching")
		values := map[string]string{}
		for line := range strings.Lines(registers) {
			name, value, _ := strings.Cut(line, " ")
			values[name] = strings.TrimSpace(value)
		}
		return values
	}
	native := show()
	served := show("target extended-remote " + s.addr)
	if len(native) < 30 {
		t.Errorf("gdb shows few registers: %v", native)
	}
	for name, want := range native {
		if got := served[name]; got != want && want != "<unavailable>" && !misplaced.MatchString(name) {
			t.Errorf("gdb shows %s as\n%s\nand through us as\n%s", name, want, got)
		}
	}
}
