package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
)

// roleArgument has the program play the one that is traced.
const roleArgument = "-traced"

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
