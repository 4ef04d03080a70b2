package symbol_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/symbol"
)

// FuzzFile: whatever a file contains, every question has an answer in bounded
// time and memory.
func FuzzFile(f *testing.F) {
	other := []string{"-m32"}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "386" {
		other = nil
	}
	for _, path := range []string{
		testprogram.Build(f, "c", inC, "-g", "-nostdlib", "-shared", "-fPIC"),
		testprogram.Build(f, "c", "int f(void) { return 1; }", append(other, "-g", "-shared", "-nostdlib", "-fPIC", "-gz")...),
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content, uint64(0x1000))
	}
	f.Fuzz(func(t *testing.T, content []byte, addr uint64) { ask(content, addr) })
}

// ask asks everything.
func ask(content []byte, addr uint64) {
	file, err := symbol.Open(bytes.NewReader(content), "fuzz")
	if err != nil {
		return
	}
	s, _ := file.Lookup(addr)
	file.Body(s)
	for _, x := range file.Find("work") {
		file.Line(x.Addr)
		file.Body(x)
		file.GoFrame(x.Addr)
	}
	file.Find("ns::f")
	file.Addresses("prog.c", 3)
	file.GoFrame(addr)
	file.BuildID()
}

// TestDamaged: real files, damaged in one way or another.
func TestDamaged(t *testing.T) {
	for name, build := range map[string]func(t *testing.T) string{
		"C":       func(t *testing.T) string { return testprogram.Build(t, "c", inC, "-g") },
		"32 bits": func(t *testing.T) string { return testprogram.Build(t, "c", inC, "-gdwarf-4", "-m32") },
		"Go": func(t *testing.T) string {
			return testprogram.Build(t, "go", "package main\n\nfunc main() {}\n", "-ldflags=-s -w")
		},
	} {
		t.Run(name, func(t *testing.T) { damaged(t, build(t)) })
	}
}

func damaged(t *testing.T, path string) {
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := symbol.Open(bytes.NewReader(whole), path)
	if err != nil {
		t.Fatal(err)
	}
	addr := uint64(0)
	for _, name := range []string{"main", "main.main"} {
		for _, s := range file.Find(name) {
			addr = s.Addr
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range scale.Rounds(300000 / len(whole)) {
		ask(damage(random, whole), addr)
	}
}

// damage changes some bytes, and drops, repeats or inserts some.
func damage(random *rand.Rand, whole []byte) []byte {
	b := bytes.Clone(whole)
	for range 1 + random.IntN(6) {
		b[random.IntN(len(b))] = byte(random.Uint32())
	}
	at := random.IntN(len(b))
	n := min(random.IntN(400), len(b)-at)
	switch random.IntN(5) {
	case 0:
		return slices.Delete(b, at, at+n)
	case 1:
		return slices.Insert(b, at, bytes.Repeat([]byte{byte(random.Uint32())}, n)...)
	case 2:
		copy(b[random.IntN(len(b)):], whole[at:at+n])
	case 3:
		return b[:at:at]
	}
	return b
}

// FuzzSpec: parsing and printing are inverse.
func FuzzSpec(f *testing.F) {
	f.Add("libc.so:malloc+0x10")
	f.Add("a.c:12")
	f.Add("*0x10")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := symbol.ParseSpec(text)
		if err != nil {
			return
		}
		if again, err := symbol.ParseSpec(s.String()); err != nil || again != s {
			t.Errorf("%q is %+v, printed %q: %+v, %v", text, s, s, again, err)
		}
	})
}
