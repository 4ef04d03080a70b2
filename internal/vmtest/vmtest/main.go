// Command vmtest runs tests in a guest.
//
//	GOARCH=arm64 go test -exec vmtest ./regset          # each package in a boot of its own
//	vmtest -guest arm64 ./regset ./tracehook/linux      # all of them in one boot
//
// The packages' testdata directories go along, and what their files
// testdata/prebuilt list. The second form prints what go test would: a line
// for each package, and the output of those that fail (of all with -v).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/utrace/utrace/internal/conformance"
	"github.com/utrace/utrace/internal/vmtest"
)

var (
	guestName = flag.String("guest", os.Getenv("GOARCH"), "name of the guest, or its architecture")
	verbose   = flag.Bool("v", false, "show the output of all tests")
	run       = flag.String("run", "", "as for go test")
	short     = flag.Bool("short", false, "as for go test")
	count     = flag.Int("count", 1, "as for go test")
	timeout   = flag.Duration("timeout", 10*time.Minute, "limit for each package")
	results   = flag.String("results", "", "with -v: the top of the tree whose docs/conformance.md is to have the results")
	tools     = flag.Bool("tools", false, "bring the guest's compilers and debuggers along (scripts/guests NAME+tools)")
	setup     = flag.String("setup", "", "a shell command that the guest runs first")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status, err := work(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "vmtest:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func work(ctx context.Context) (status int, err error) {
	if flag.NArg() == 0 {
		flag.Usage()
		return 2, nil
	}
	guest, err := vmtest.ByName(*guestName)
	if err != nil {
		return 2, err
	}
	if info, err := os.Stat(flag.Arg(0)); err == nil && !info.IsDir() {
		return one(ctx, guest, flag.Arg(0), flag.Args()[1:])
	}
	return packages(ctx, guest, flag.Args())
}

// one is what go test -exec asks for: the binary of the package in whose
// directory we are.
func one(ctx context.Context, guest vmtest.Guest, binary string, args []string) (int, error) {
	dir, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	limit := *timeout
	for _, arg := range args {
		if value, ok := strings.CutPrefix(arg, "-test.timeout="); ok {
			if d, err := time.ParseDuration(value); err == nil && d > 0 {
				limit = d + 30*time.Second
			}
		}
	}
	load := newLoad(guest)
	if err := load.add(ctx, filepath.Base(dir), dir, binary, args, limit); err != nil {
		return 0, err
	}
	status := 0
	err = vmtest.Boot(ctx, guest, load.jobs, load.files, func(text []byte) { os.Stdout.Write(text) },
		func(r vmtest.Result) { status = r.Status })
	return status, err
}

// packages builds the tests of many packages and runs them in one boot.
func packages(ctx context.Context, guest vmtest.Guest, patterns []string) (status int, err error) {
	list, err := listPackages(ctx, guest, patterns)
	if err != nil {
		return 0, err
	}
	tmp, err := os.MkdirTemp("", "vmtest-build-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	if *tools {
		guest = guest.ForTools()
	}
	load := newLoad(guest)
	if *tools {
		if err := load.tools(); err != nil {
			return 0, err
		}
	}
	if *setup != "" {
		load.jobs = append(load.jobs, vmtest.Job{Name: "setup", Dir: "/", Argv: []string{"/bin/sh", "-c", *setup}, Limit: time.Minute})
	}
	load.jobs = append(load.jobs, vmtest.Job{Name: "kernel", Dir: "/", Argv: []string{"/bin/busybox", "uname", "-sr"}, Limit: time.Minute})
	for i, p := range list {
		if !p.tests {
			continue
		}
		binary := filepath.Join(tmp, fmt.Sprintf("%d.test", i))
		if err := build(ctx, guest, binary, "test", "-c", "-ldflags=-s -w", p.path); err != nil {
			return 0, err
		}
		if err := load.add(ctx, p.path, p.dir, binary, testArgs(), *timeout+30*time.Second); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	var live func([]byte)
	if *verbose {
		live = func(text []byte) { os.Stdout.Write(text) }
	}
	var outcome conformance.Results
	err = vmtest.Boot(ctx, guest, load.jobs, load.files, live, func(r vmtest.Result) {
		if r.Status != 0 {
			status = 1
		}
		if r.Name == "kernel" {
			outcome.Kernel = strings.TrimSpace(string(r.Output))
			return
		}
		outcome.Add(conformance.Dir(r.Name), r.Output)
		report(r)
	})
	if *results != "" && err == nil {
		err = outcome.Write(*results, guest.GOARCH)
	}
	fmt.Printf("guest %s: %.1fs with its boot\n", guest.Name, time.Since(began).Seconds())
	return status, err
}

// report prints the line that go test would.
func report(r vmtest.Result) {
	if r.Status != 0 && !*verbose {
		os.Stdout.Write(r.Output)
	}
	switch {
	case r.Err != nil:
		fmt.Printf("FAIL\t%s\t%v\n", r.Name, r.Err)
	case r.Status != 0:
		fmt.Printf("FAIL\t%s\t%.3fs (status %d)\n", r.Name, r.Elapsed.Seconds(), r.Status)
	default:
		fmt.Printf("ok  \t%s\t%.3fs\n", r.Name, r.Elapsed.Seconds())
	}
}

// testArgs are the flags of a test binary.
func testArgs() []string {
	args := []string{"-test.paniconexit0", "-test.timeout=" + timeout.String(), fmt.Sprintf("-test.count=%d", *count)}
	if *verbose {
		args = append(args, "-test.v")
	}
	if *short {
		args = append(args, "-test.short")
	}
	if *run != "" {
		args = append(args, "-test.run="+*run)
	}
	return args
}
