// Command memory measures what a traced thread costs this process in memory:
// an engine on each of 10,000 threads of a real program.
//
//	go run ./bench/memory
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/bench/internal/trial"
	"github.com/utrace/utrace/host"
)

const threads = 10_000

// The target is in bytes per thread.
const target = 4096

const program = `#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *wait(void *p) { for (;;) pause(); }
int main(void) {
	pthread_attr_t a;
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 16384);
	for (int i = 1; i < 10000; i++) {
		pthread_t t;
		if (pthread_create(&t, &a, wait, 0)) { perror("pthread_create"); return 1; }
	}
	puts("up"); fflush(stdout);
	wait(0);
}
`

func main() {
	if err := measure(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func measure() error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, err := trial.Compile(dir, "threads", program, "-pthread")
	if err != nil {
		return err
	}
	cmd := exec.Command(binary)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("the program says %q: %w", line, err)
	}

	core, err := host.Open(utrace.Options{})
	if err != nil {
		return err
	}
	defer core.Close()
	before := heap()
	begin := time.Now()
	engine := &utrace.Funcs{Death: func(*utrace.Report, *utrace.Death) utrace.Action { return utrace.Resume }}
	group, err := core.AttachGroup(context.Background(), cmd.Process.Pid, utrace.Process,
		func(*utrace.Thread) any { return engine }, utrace.WithEvents(utrace.EventDeath))
	if err != nil {
		return err
	}
	took := time.Since(begin)
	n := group.Len()
	if n < threads {
		return fmt.Errorf("only %d threads were attached", n)
	}
	fmt.Printf("memory per traced thread, %d threads: %d bytes (target: under %d); attached in %v\n",
		n, (heap()-before)/uint64(n), target, took.Round(time.Millisecond))
	return group.Detach()
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
