package seccomp

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/internal/scale"
)

// run evaluates a program as the kernel does for seccomp, and fails the test
// for one that the kernel would not accept (bpf_check_classic,
// seccomp_check_filter).
func run(t *testing.T, code []unix.SockFilter, arch, nr uint32) uint32 {
	t.Helper()
	var a uint32
	for pc := 0; pc < len(code); {
		in := code[pc]
		pc++
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			switch in.K {
			case 0:
				a = nr
			case 4:
				a = arch
			default:
				t.Fatalf("load of offset %d", in.K)
			}
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(in.K)
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			pc += branch(a == in.K, in)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			pc += branch(a >= in.K, in)
		default:
			t.Fatalf("instruction %#x", in.Code)
		}
	}
	t.Fatal("the program runs off its end")
	return 0
}

func branch(yes bool, in unix.SockFilter) int {
	if yes {
		return int(in.Jt)
	}
	return int(in.Jf)
}

// naive is what Filter promises, said directly.
func naive(f *Filter, arch, nr uint32) uint32 {
	abi := ABI{Arch: arch}
	if arch == unix.AUDIT_ARCH_X86_64 {
		switch nr &^ (x32Bit - 1) {
		case 0:
		case x32Bit:
			abi.Bit, nr = x32Bit, nr&^x32Bit
		default:
			return f.Unknown
		}
	}
	calls, ok := f.Calls[abi]
	switch {
	case !ok:
		return f.Unknown
	case slices.Contains(calls, nr):
		return f.Match
	}
	return f.Rest
}

func check(t *testing.T, f *Filter, code []unix.SockFilter) {
	t.Helper()
	numbers := []uint32{1 << 16, 1 << 31, x32Bit - 1, x32Bit << 1, ^uint32(0), ^uint32(0) - 1}
	for nr := range uint32(601) {
		numbers = append(numbers, nr, nr|x32Bit)
	}
	for _, arch := range []uint32{X8664.Arch, I386.Arch, ARM64.Arch, 0, unix.AUDIT_ARCH_PPC64LE} {
		for _, nr := range numbers {
			if got, want := run(t, code, arch, nr), naive(f, arch, nr); got != want {
				t.Fatalf("arch %#x, call %#x: %#x, want %#x; filter %+v", arch, nr, got, want, f)
			}
		}
	}
}

func TestCompileAgreesWithDefinition(t *testing.T) {
	abis := []ABI{X8664, X32, I386, ARM64}
	for seed := range uint64(scale.Rounds(150)) {
		r := rand.New(rand.NewPCG(seed, 1))
		f := Trace(make(map[ABI][]uint32), uint16(seed))
		if seed%3 == 0 {
			f.Unknown = RetAllow
		}
		for _, abi := range abis {
			if r.IntN(4) == 0 {
				continue
			}
			density := r.Float64()
			calls := []uint32{}
			for nr := range uint32(600) {
				if r.Float64() < density {
					calls = append(calls, nr)
				}
			}
			r.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
			f.Calls[abi] = append(calls, calls[:min(3, len(calls))]...)
		}
		code, err := f.Compile()
		if errors.Is(err, ErrTooLong) {
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		check(t, f, code)
		again, err := f.Compile()
		if err != nil || !slices.Equal(code, again) {
			t.Fatalf("seed %d: compiling twice gives two programs", seed)
		}
	}
}

func TestCompileEdges(t *testing.T) {
	all := make([]uint32, 601)
	for i := range all {
		all[i] = uint32(i)
	}
	for name, calls := range map[string]map[ABI][]uint32{
		"nothing":       {},
		"no call":       {X8664: nil},
		"call 0":        {X8664: {0}, I386: {0}},
		"neighbours":    {X8664: {0, 1, 2}, X32: {1}, ARM64: {599, 600}},
		"all":           {X8664: all, X32: all, I386: all, ARM64: all},
		"last of x86":   {X8664: {x32Bit - 1}},
		"last of arm64": {ARM64: {^uint32(0)}},
		"only x32":      {X32: {59, 520}},
	} {
		f := Trace(calls, 7)
		code, err := f.Compile()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		check(t, f, code)
	}
}

// every second call is the worst case for a search by ranges.
func everySecond(n int) []uint32 {
	calls := make([]uint32, n)
	for i := range calls {
		calls[i] = uint32(2 * i)
	}
	return calls
}

func TestSize(t *testing.T) {
	// The tables of x86_64 and i386 have some 470 numbers each.
	f := Trace(map[ABI][]uint32{X8664: everySecond(300), X32: everySecond(300), I386: everySecond(300)}, 0)
	code, err := f.Compile()
	if err != nil {
		t.Fatal(err)
	}
	check(t, f, code)
	if len(code) > MaxInstructions {
		t.Fatalf("%d instructions", len(code))
	}
	if _, err := Trace(map[ABI][]uint32{X8664: everySecond(3000)}, 0).Compile(); !errors.Is(err, ErrTooLong) {
		t.Fatalf("3000 separate calls: %v", err)
	}
}

func TestDepth(t *testing.T) {
	code, err := Trace(map[ABI][]uint32{X8664: everySecond(300)}, 0).Compile()
	if err != nil {
		t.Fatal(err)
	}
	var longest func(pc int) int
	longest = func(pc int) int {
		in := code[pc]
		switch {
		case in.Code&7 == unix.BPF_RET:
			return 1
		case in.Code == unix.BPF_JMP|unix.BPF_JA:
			return 1 + longest(pc+1+int(in.K))
		case in.Code&7 == unix.BPF_JMP:
			return 1 + max(longest(pc+1+int(in.Jt)), longest(pc+1+int(in.Jf)))
		}
		return 1 + longest(pc+1)
	}
	if n := longest(0); n > 20 {
		t.Errorf("a call passes up to %d instructions, want a search by halves", n)
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, calls := range []map[ABI][]uint32{
		{X8664: {x32Bit}},
		{X32: {x32Bit | 1}},
		{ABI{Arch: I386.Arch, Bit: 1}: {1}},
	} {
		if _, err := Trace(calls, 0).Compile(); err == nil {
			t.Errorf("%v: compiled", calls)
		}
	}
}

func TestKernelAccepts(t *testing.T) {
	f := &Filter{
		Calls:   map[ABI][]uint32{X8664: everySecond(400)[340:], X32: {1}, I386: {5}},
		Match:   unix.SECCOMP_RET_LOG, // of numbers that nobody uses
		Rest:    RetAllow,
		Unknown: RetAllow,
	}
	code, err := f.Compile()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- install(code) }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// install filters the calling thread, and leaves it locked, so that it ends
// with the goroutine.
func install(code []unix.SockFilter) error {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return errno
	}
	return nil
}

func TestAvailable(t *testing.T) {
	if err := Available(); err != nil {
		t.Error(err)
	}
	if err := Supports(0x12340000); !errors.Is(err, unix.EOPNOTSUPP) {
		t.Errorf("an action that does not exist: %v", err)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte{0, 1, 2, 200}, []byte{59}, true)
	f.Fuzz(func(t *testing.T, a, b []byte, x32 bool) {
		filter := Trace(map[ABI][]uint32{X8664: widen(a), I386: widen(b)}, 1)
		if x32 {
			filter.Calls[X32] = widen(b)
		}
		code, err := filter.Compile()
		if err != nil {
			t.Fatal(err)
		}
		check(t, filter, code)
	})
}

func widen(b []byte) []uint32 {
	calls := make([]uint32, len(b))
	for i, c := range b {
		calls[i] = 2 * uint32(c)
	}
	return calls
}
