package waitloop

import (
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These benchmarks are the comparison of docs/waitloop.md:
//
//	go test -run - -bench . ./internal/waitloop

// ways are what is compared. A way with no loop is a bare wait4.
var ways = []struct {
	name    string
	options *Options
	bare    func() (int, syscall.WaitStatus)
}{
	{name: "bare-block", bare: func() (int, syscall.WaitStatus) { return wait4(syscall.Syscall6, waitFlags) }},
	{name: "bare-spin", bare: func() (tid int, status syscall.WaitStatus) {
		for tid == 0 {
			tid, status = wait4(syscall.RawSyscall6, waitFlags|unix.WNOHANG)
		}
		return tid, status
	}},
	{name: "doorbell", options: &Options{Mechanism: Doorbell, Spin: -1}},
	{name: "doorbell-spin", options: &Options{Mechanism: Doorbell}},
	{name: "uring", options: &Options{Mechanism: Uring, Spin: -1}},
	{name: "uring-spin", options: &Options{Mechanism: Uring}},
	{name: "auto", options: &Options{}},
	{name: "uring-rusage", options: &Options{Mechanism: Uring, Spin: -1, Rusage: true}},
}

func wait4(call func(a, b, c, d, e, f, g uintptr) (uintptr, uintptr, syscall.Errno), flags uintptr) (int, syscall.WaitStatus) {
	bareStatus = 0
	tid, _, e := call(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&bareStatus)), flags, 0, 0, 0)
	if e != 0 && e != unix.EINTR {
		panic(e)
	}
	return int(tid), syscall.WaitStatus(bareStatus)
}

var bareStatus uint32

// places runs f free to use every processor, and kept on one.
func places(b *testing.B, f func(b *testing.B)) {
	for _, pinned := range []bool{false, true} {
		name := map[bool]string{false: "free", true: "one-cpu"}[pinned]
		b.Run(name, func(b *testing.B) {
			onThread(func() {
				if pinned {
					var set unix.CPUSet
					set.Set(runtime.NumCPU() - 1)
					// Inherited by the children of this thread.
					if err := unix.SchedSetaffinity(0, &set); err != nil {
						b.Fatal(err)
					}
				}
				f(b)
			})
		})
	}
}

// BenchmarkStop is one system call stop of a tracee that does nothing else.
func BenchmarkStop(b *testing.B) {
	for _, quiet := range []bool{false, true} {
		name := map[bool]string{false: "sigchld", true: "quiet"}[quiet]
		b.Run(name, func(b *testing.B) {
			if quiet {
				undo, err := QuietStops()
				if err != nil {
					b.Fatal(err)
				}
				defer undo()
			}
			for _, way := range ways {
				b.Run(way.name, func(b *testing.B) {
					places(b, func(b *testing.B) { benchmarkStop(b, way.options, way.bare) })
				})
			}
		})
	}
}

func benchmarkStop(b *testing.B, options *Options, bare func() (int, syscall.WaitStatus)) {
	if options == nil {
		// Attaches and kills; it has no helper that could end a bare wait.
		options = &Options{Mechanism: Uring}
	}
	l := newLoop(b, *options)
	defer l.Close()
	pid := trace(b, l)
	defer killAll(b, l, pid)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; {
		var tid int
		var status syscall.WaitStatus
		if bare != nil {
			tid, status = bare()
		} else {
			var err error
			if tid, status, _, err = l.Wait(true); err != nil {
				b.Fatal(err)
			}
		}
		if tid != 0 {
			resume(b, tid, status)
			i++
		}
	}
	b.StopTimer()
}

// BenchmarkRing is the time from Ring to the return of a Wait that was asleep.
func BenchmarkRing(b *testing.B) {
	for _, way := range ways {
		if way.options == nil {
			continue
		}
		b.Run(way.name, func(b *testing.B) {
			places(b, func(b *testing.B) {
				l := newLoop(b, *way.options)
				defer l.Close()
				var sent, heard atomic.Int64
				done := make(chan struct{})
				go func() {
					defer close(done)
					for i := range b.N {
						// Long enough for the loop to be fast asleep.
						time.Sleep(100 * time.Microsecond)
						sent.Store(time.Now().UnixNano())
						l.Ring()
						for heard.Load() <= int64(i) {
							runtime.Gosched()
						}
					}
				}()
				latencies := make([]int64, b.N)
				for i := range b.N {
					for sent.Load() == 0 {
						if _, _, _, err := l.Wait(true); err != nil {
							b.Fatal(err)
						}
					}
					latencies[i] = time.Now().UnixNano() - sent.Swap(0)
					heard.Add(1)
				}
				<-done
				slices.Sort(latencies)
				b.ReportMetric(float64(latencies[b.N/2]), "ns-p50")
				b.ReportMetric(float64(latencies[b.N*9/10]), "ns-p90")
			})
		})
	}
}

// BenchmarkDescriptor is a round trip with another process, which answers each
// byte on one pipe with a byte on another: the pattern of a notification listener.
func BenchmarkDescriptor(b *testing.B) {
	for _, way := range ways {
		if way.options == nil {
			continue
		}
		b.Run(way.name, func(b *testing.B) {
			places(b, func(b *testing.B) {
				l := newLoop(b, *way.options)
				defer l.Close()
				var there, back [2]int
				for _, p := range []*[2]int{&there, &back} {
					if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
						b.Fatal(err)
					}
				}
				pid := startRole(b, "echo", uintptr(there[0]), uintptr(back[1]))
				defer func() {
					killAll(b, l, pid)
					for _, fd := range []int{there[0], there[1], back[0], back[1]} {
						unix.Close(fd)
					}
				}()
				trips := 0
				one := make([]byte, 1)
				err := l.Watch(back[0], unix.EPOLLIN, func(uint32) {
					unix.Read(back[0], one)
					unix.Write(there[1], one)
					trips++
				})
				if err != nil {
					b.Fatal(err)
				}
				unix.Write(there[1], one)
				for trips < 100 {
					l.Wait(true)
				}
				b.ResetTimer()
				for trips < 100+b.N {
					if _, _, _, err := l.Wait(true); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				l.Unwatch(back[0])
			})
		})
	}
}

// BenchmarkPost is what posting costs while the loop is awake.
func BenchmarkPost(b *testing.B) {
	onThread(func() {
		l := newLoop(b, Options{})
		defer l.Close()
		b.ReportAllocs()
		for i := range b.N {
			l.Post(func() {})
			if i%1000 == 0 {
				l.Wait(false)
			}
		}
	})
}

// BenchmarkSystemCall compares Syscall, which tells the Go scheduler that the
// thread may be away, with RawSyscall, which does not.
func BenchmarkSystemCall(b *testing.B) {
	calls := map[string]func(a, b, c, d uintptr) (uintptr, uintptr, syscall.Errno){
		"Syscall": syscall.Syscall, "RawSyscall": syscall.RawSyscall,
	}
	for name, call := range calls {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			for range b.N {
				call(unix.SYS_GETPPID, 0, 0, 0)
			}
		})
	}
}
