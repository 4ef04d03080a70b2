package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// roleArgument has the program play the one that is traced.
const roleArgument = "-traced"

// targetArgument has it play the one that unmodified tracers trace.
const targetArgument = "-target"

// playTarget says where work is and calls it a few times when it is told to.
func playTarget() {
	usr1 := make(chan os.Signal, 1)
	signal.Notify(usr1, syscall.SIGUSR1)
	fmt.Println(reflect.ValueOf(work).Pointer())
	runtime.LockOSThread()
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return
	}
	for i := range 5 {
		fmt.Println("sum", work(i))
		os.ReadFile("/proc/self/comm")
		time.Sleep(20 * time.Millisecond)
	}
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	<-usr1
}

// work is where the debugger has its breakpoint.
//
//go:noinline
func work(i int) int { return i * (i + 1) / 2 }

// playRole is what the demonstration traces: threads that do things at the same
// time, a signal with a handler, a child that is well, and one that crashes.
func playRole() {
	usr1 := make(chan os.Signal, 1)
	signal.Notify(usr1, syscall.SIGUSR1)
	fmt.Println("two threads read files")
	var readers sync.WaitGroup
	for _, name := range []string{"/proc/self/comm", "/no/such/file"} {
		readers.Go(func() {
			runtime.LockOSThread() // without an unlock: the thread ends with us
			os.ReadFile(name)
		})
	}
	readers.Wait()

	fmt.Println("a signal to ourselves")
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	<-usr1

	fmt.Println("a child that is well")
	report(exec.Command("/bin/sh", "-c", "exit 3"))
	fmt.Println("a child that crashes")
	report(exec.Command("/bin/sh", "-c", "kill -SEGV $$"))
}

// report runs a command and says how it ended.
func report(cmd *exec.Cmd) {
	err := cmd.Run()
	fmt.Println("it ended:", err)
}
