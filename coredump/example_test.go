package coredump_test

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/host"
)

// The core of a process that sleeps, which goes on sleeping.
func ExampleDump() {
	sleep := exec.Command("sleep", "100")
	if err := sleep.Start(); err != nil {
		return
	}
	defer sleep.Wait()
	defer sleep.Process.Kill()
	core, err := host.Open(utrace.Options{})
	if err != nil {
		return
	}
	defer core.Close()
	file, err := os.CreateTemp("", "core")
	if err != nil {
		return
	}
	defer os.Remove(file.Name())
	defer file.Close()
	result, err := coredump.Dump(context.Background(), core, sleep.Process.Pid, file, coredump.Options{})
	if err != nil {
		return
	}
	f, err := elf.NewFile(file)
	if err != nil {
		return
	}
	fmt.Println(result.Threads, "thread in an", f.Type)
	// Output: 1 thread in an ET_CORE
}
