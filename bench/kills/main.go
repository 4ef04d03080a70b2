// Command kills measures how many programs live on when the owner is killed while they
// run into a breakpoint of a gdb on virtual ptrace. Between the owner's death and the
// moment when its keeper has put the text back, whoever comes to the breakpoint dies of
// SIGTRAP, and so does who has not gone on from it.
//
//	go run ./bench/kills [-kills N] [-at-once N] bin/utrace
//
// It prints a table: a line for each rate at which the programs come to the breakpoint.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/utrace/utrace/bench/internal/trial"
	"github.com/utrace/utrace/client"
)

// rates are how often the programs come to the breakpoint, in a second.
var rates = []int{1, 10, 100, 1000}

func main() {
	kills := flag.Int("kills", 100, "programs whose tracer is killed, for each rate")
	atOnce := flag.Int("at-once", 4, "programs, each with a gdb, when the owner is killed")
	flag.Parse()
	if flag.NArg() != 1 || *kills < 1 || *atOnce < 1 {
		fmt.Fprintln(os.Stderr, "usage: kills [-kills N] [-at-once N] UTRACE")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *kills, *atOnce); err != nil {
		fmt.Fprintln(os.Stderr, "bench/kills:", err)
		os.Exit(1)
	}
}

func run(utrace string, kills, atOnce int) error {
	utrace, err := filepath.Abs(utrace)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kills")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := trial.Compile(dir, "walker", source, "-O1", "-no-pie")
	if err != nil {
		return err
	}
	if err := os.Setenv("UTRACE_SOCKET", filepath.Join(dir, "owner")); err != nil {
		return err
	}
	owner := exec.Command(utrace, "serve", "--idle", "0")
	if err := owner.Start(); err != nil {
		return err
	}
	defer end(owner)
	fmt.Printf("%-10s %10s %8s %10s %9s\n", "hits/s", "measured", "kills", "lived on", "of 1000")
	for _, rate := range rates {
		var sum tally
		for sum.kills < kills {
			if err := sum.round(utrace, program, rate, min(atOnce, kills-sum.kills)); err != nil {
				return fmt.Errorf("at %d hits a second: %w", rate, err)
			}
		}
		fmt.Printf("%-10d %10.1f %8d %10d %9.0f\n", rate, float64(sum.hits)/sum.time.Seconds(), sum.kills, sum.alive, 1000*float64(sum.alive)/float64(sum.kills))
	}
	return nil
}

// end ends the last owner in a row, and waits for the first one.
func end(first *exec.Cmd) {
	if pid, err := ownerPID(); err == nil {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	_ = first.Wait() // it has been killed
}

// tally is what the rounds at one rate amount to.
type tally struct {
	kills, alive int
	hits         int // in time, before the kills
	time         time.Duration
}

// round has programs run into their breakpoints, kills the owner, and sees who lives.
func (sum *tally) round(utrace, program string, rate, n int) error {
	walkers, err := startWalkers(utrace, program, rate, n)
	defer func() {
		for _, w := range walkers {
			w.end()
		}
	}()
	if err != nil {
		return err
	}
	pid, err := ownerPID()
	if err != nil {
		return err
	}
	before := make([]int64, n)
	for i, w := range walkers {
		before[i] = w.steps.Load()
	}
	begin := time.Now()
	period := time.Second / time.Duration(rate)
	time.Sleep(max(period, 50*time.Millisecond) + rand.N(period)) // at any moment between two hits
	sum.time += time.Since(begin) * time.Duration(n)
	for i, w := range walkers {
		sum.hits += int(w.steps.Load() - before[i])
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return err
	}
	for _, w := range walkers {
		alive, err := w.livesOn(period)
		if err != nil {
			return err
		}
		sum.kills++
		if alive {
			sum.alive++
		}
	}
	return nil
}

// startWalkers starts programs, each with a gdb whose breakpoint it has come to.
func startWalkers(utrace, program string, rate, n int) ([]*walker, error) {
	walkers, failed := make([]*walker, n), make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { walkers[i], failed[i] = startWalker(utrace, program, rate) })
	}
	group.Wait()
	for i := 0; i < len(walkers); { // those that there are
		if walkers[i] == nil {
			walkers = append(walkers[:i], walkers[i+1:]...)
			continue
		}
		i++
	}
	return walkers, errors.Join(failed...)
}

func ownerPID() (int, error) {
	c, err := client.DialOrStart("", "/bin/false") // the successor may still be starting
	if err != nil {
		return 0, err
	}
	defer c.Close()
	hello, err := c.Hello(context.Background())
	return hello.PID, err
}
