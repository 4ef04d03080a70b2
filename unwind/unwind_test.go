package unwind_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/utrace/utrace/internal/scale"
	"github.com/utrace/utrace/internal/testprogram"
	"github.com/utrace/utrace/regset"
	"github.com/utrace/utrace/symbol"
	"github.com/utrace/utrace/unwind"
)

// library has functions that save registers, align the stack, throw exceptions
// and return from signals: all that call frame information is used for.
const library = `
#include <string>
#include <alloca.h>
extern "C" int other(char *, int);
extern "C" int calls(int n) { char b[64]; return other(b, n) + 1; }
extern "C" int moves(int n) { char *b = (char *)alloca(n); return other(b, n) + 2; }
extern "C" int throws(int n) { try { return other(0, n); } catch (int e) { std::string s(e, 'x'); return other(&s[0], n); } }
extern "C" int aligned(int n) { char b[64] __attribute__((aligned(64))); return other(b, n); }
`

// process is a made-up one: a file at an address, and a stack.
type process struct {
	content []byte
	space   *symbol.Space
	low     uint64
	high    uint64
}

const bias = 0x10000000

// load maps a file.
func load(content []byte) (*process, error) {
	f, err := symbol.Open(bytes.NewReader(content), "library")
	if err != nil {
		return nil, err
	}
	p := &process{content: content}
	if _, text, ok := f.Section(".text"); ok {
		addr, _, _ := f.Section(".text")
		p.low, p.high = addr, addr+uint64(len(text))
	}
	p.space = &symbol.Space{Modules: []*symbol.Module{{Path: "library", Start: bias, End: bias + 1<<24, Bias: bias, File: f}}}
	return p, nil
}

// abi is that of a word size.
func abi(t testing.TB, class elf.Class) regset.ABI {
	for _, a := range regset.ABIs() {
		if a.View().Class == class {
			return a
		}
	}
	t.Fatalf("no ABI of %v", class)
	return nil
}

// walks walks from many places, with a stack of any content.
func (p *process) walks(t testing.TB, class elf.Class, random *rand.Rand, n int) {
	a := abi(t, class)
	stack := make([]byte, 1024)
	const base = 0x7ff000
	for i := 0; i < len(stack); i += 4 {
		// Addresses of code, of the stack, and anything.
		v := random.Uint32()
		switch random.IntN(3) {
		case 0:
			v = bias + uint32(p.low) + v%uint32(max(p.high-p.low, 1))
		case 1:
			v = base + v%uint32(len(stack))
		}
		binary.LittleEndian.PutUint32(stack[i:], v)
		if a.WordSize() == 8 && i%8 == 0 {
			i += 4
			binary.LittleEndian.PutUint32(stack[i:], 0)
		}
	}
	u := unwind.New(p.space)
	for range n {
		gpr := make([]byte, a.GeneralSize())
		for i := 0; i+a.WordSize() <= len(gpr); i += a.WordSize() {
			binary.LittleEndian.PutUint32(gpr[i:], base+uint32(random.IntN(len(stack)))&^7)
		}
		a.SetPC(gpr, bias+p.low+random.Uint64N(max(p.high-p.low, 1)))
		a.SetSP(gpr, base+uint64(random.IntN(256))&^7)
		s := &unwind.Snapshot{ABI: a, Registers: gpr, Base: base, Stack: stack}
		frames := u.Unwind(s, 100)
		if len(frames) == 0 || len(frames) > 100 {
			t.Fatalf("%d frames", len(frames))
		}
		if last := frames[len(frames)-1].Caller; last != unwind.Outermost && last != unwind.Lost && last != unwind.Truncated {
			t.Fatalf("it ended at a frame whose caller was found by %v", last)
		}
	}
}

// TestHostile: real call frame information, damaged, and stacks of any content.
func TestHostile(t *testing.T) {
	for class, mode := range map[elf.Class]string{elf.ELFCLASS64: "-m64", elf.ELFCLASS32: "-m32"} {
		t.Run(class.String(), func(t *testing.T) {
			hostile(t, class, testprogram.Build(t, "cc", library, "-O1", "-g", mode, "-fPIC", "-shared", "-nostdlib"))
		})
	}
}

func hostile(t *testing.T, class elf.Class, file string) {
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, uint64(class)))
	good, err := load(content)
	if err != nil {
		t.Fatal(err)
	}
	good.walks(t, class, random, scale.Rounds(2000))
	frames := sections(t, content)
	for range scale.Rounds(300) {
		damaged := bytes.Clone(content)
		for range 1 + random.IntN(4) {
			s := frames[random.IntN(len(frames))]
			damaged[s.Offset+random.Uint64N(s.Size)] = byte(random.Uint32())
		}
		if p, err := load(damaged); err == nil {
			p.walks(t, class, random, 20)
		}
	}
}

// sections are those with call frame information.
func sections(t testing.TB, content []byte) (list []*elf.Section) {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".eh_frame", ".eh_frame_hdr"} {
		if s := f.Section(name); s != nil {
			list = append(list, s)
		}
	}
	if len(list) != 2 {
		t.Fatal("no call frame information")
	}
	return list
}

// FuzzFrames: .eh_frame with any content.
func FuzzFrames(f *testing.F) {
	content, err := os.ReadFile(testprogram.Build(f, "cc", library, "-O1", "-fPIC", "-shared", "-nostdlib"))
	if err != nil {
		f.Fatal(err)
	}
	s := sections(f, content)[0]
	f.Add(content[s.Offset:s.Offset+s.Size], uint64(1))
	f.Fuzz(func(t *testing.T, frames []byte, seed uint64) {
		changed := bytes.Clone(content)
		copy(changed[s.Offset:s.Offset+s.Size], frames)
		p, err := load(changed)
		if err != nil {
			t.Fatal(err)
		}
		p.walks(t, elf.ELFCLASS64, rand.New(rand.NewPCG(seed, 1)), 10)
	})
}

// TestLoops: a chain of frames that leads back ends.
func TestLoops(t *testing.T) {
	content, err := os.ReadFile(testprogram.Build(t, "cc", library, "-O1", "-fPIC", "-shared", "-nostdlib",
		"-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fno-exceptions", "-fno-omit-frame-pointer", "-Dtry=if(1)", "-Dcatch(x)=else for(int e=n;e;)"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := load(content)
	if err != nil {
		t.Fatal(err)
	}
	a := abi(t, elf.ELFCLASS64)
	const base = 0x7ff000
	// The next frame, and return addresses where one architecture or the other
	// has them.
	stack := make([]byte, 128)
	for i := 0; i < len(stack); i += 32 {
		binary.LittleEndian.PutUint64(stack[i:], base+uint64(i+32)%128)
		binary.LittleEndian.PutUint64(stack[i+8:], bias+p.low+8)
		binary.LittleEndian.PutUint64(stack[i+16:], bias+p.low+8)
	}
	gpr := make([]byte, a.GeneralSize())
	for i := 0; i+8 <= len(gpr); i += 8 {
		binary.LittleEndian.PutUint64(gpr[i:], base)
	}
	a.SetPC(gpr, bias+p.low+8)
	frames := unwind.New(p.space).Unwind(&unwind.Snapshot{ABI: a, Registers: gpr, Base: base, Stack: stack}, 0)
	if n := len(frames); n < 4 || n > 5 || frames[n-1].Caller != unwind.Lost {
		t.Errorf("%v", frames)
	}
}

// Example walks the stack of a thread of this machine's own ABI. A real
// snapshot comes from package stack, or from any stopped thread.
func ExampleUnwinder() {
	space, err := symbol.Load(os.Getpid(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer space.Close()
	abi := regset.NativeABI()
	nowhere := &unwind.Snapshot{ABI: abi, Registers: make([]byte, abi.GeneralSize())}
	for _, f := range unwind.New(space).Unwind(nowhere, 0) {
		fmt.Printf("%#x, and its caller: %v\n", f.PC, f.Caller)
	}
	// Output:
	// 0x0, and its caller: lost
}
