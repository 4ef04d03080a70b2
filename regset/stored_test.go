//go:build linux && !amd64 && !386

package regset_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/utrace/utrace/internal/testtracee"
	"github.com/utrace/utrace/regset"
)

// stored is a register that the program of testdata/registers.S stores, at an
// offset in its area.
type stored struct {
	name string
	at   int
	// value is what to write: not every bit of every register can be set. nil is
	// anything.
	value []byte
}

// row makes n registers, whose places are step bytes apart.
func row(pattern string, first, n, at, step int) []stored {
	list := make([]stored, n)
	for i := range list {
		list[i] = stored{name: fmt.Sprintf(pattern, first+i), at: at + i*step}
	}
	return list
}

// program says what the program of an architecture stores, where the address of
// its area has to be, and which sets no instruction of a program can show.
type program struct {
	registers []stored
	base      string
	unseen    map[regset.Note]string
	// fixed are registers that a tracer cannot change.
	fixed []string
}

var programs = map[string]func() program{
	"arm64": func() program {
		return program{registers: slices.Concat(row("x%d", 0, 31, 0, 8), row("v%d", 0, 32, 1024, 16), []stored{
			{"cpsr", 256, []byte{0, 0, 0, 0x60, 0, 0, 0, 0}}, // Z, C
			{"fpsr", 264, []byte{0x81, 0, 0, 0x08}}, {"fpcr", 272, []byte{0, 0, 0xc0, 0x03}}, {"tpidr", 280, nil}}),
			base: "sp",
			unseen: map[regset.Note]string{
				regset.NoteARMHWBreak: "see RG5", regset.NoteARMHWWatch: "see RG5",
				regset.NoteARMSystemCall: "see Calls", regset.NoteARMTaggedAddr: "see Calls", regset.NoteARMPACKeys: "see Calls",
				regset.NoteARMSVE: "see Scalable", regset.NoteARMSSVE: "see Streaming", regset.NoteARMZA: "see Streaming",
				regset.NoteARMPACAKeys: "see Keys", regset.NoteARMPACGKeys: "see Keys",
			},
			fixed: []string{"pc", "tpidr2"}}
	},
	"arm": func() program {
		return program{registers: slices.Concat(row("r%d", 0, 13, 0, 4), row("d%d", 0, 32, 256, 8), []stored{
			{"lr", 56, nil}, {"cpsr", 64, []byte{0x10, 0, 0, 0x60}}, // Z, C; user mode
			{"fpscr", 68, []byte{0x81, 0, 0xc0, 0x03}}, {"tpidruro", 72, nil}}),
			base: "sp",
			unseen: map[regset.Note]string{
				regset.NoteARMHWBreak: "see Narrow", regset.NoteARMHWWatch: "see Narrow", regset.NoteARMSystemCall: "see Narrow",
			},
			fixed: []string{"pc", "orig_r0"}}
	},
	"ppc64le": func() program {
		return program{registers: slices.Concat(row("r%d", 0, 1, 0, 8), row("r%d", 2, 30, 16, 8), row("f%d", 0, 32, 512, 8),
			row("vr%d", 0, 32, 1024, 16), row("vs%dh", 0, 32, 2048+8, 16), []stored{
				{"ctr", 256, nil}, {"lr", 264, nil}, {"xer", 272, []byte{0x10, 0, 0, 0xa0, 0, 0, 0, 0}},
				{"cr", 280, []byte{0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0}}, {"tar", 288, nil},
				{"ppr", 296, []byte{0, 0, 0, 0, 0, 0, 8, 0}}, {"dscr", 304, []byte{0x55, 1, 0, 0, 0, 0, 0, 0}}, // low priority; prefetching
				{"siar", 376, nil}, {"sdar", 384, nil},
				{"mmcr2", 400, []byte{0, 0, 2, 0, 0, 0, 0, 0x40}}, {"mmcr0", 408, []byte{0, 0, 0, 0x84, 0, 0, 0, 0}},
				{"vrsave", 312, nil}, {"fpscr", 320, []byte{2, 0, 0, 0, 0, 0, 0, 0}}, {"vscr", 336, []byte{1, 0, 0, 0}}}),
			base:   "r1",
			unseen: map[regset.Note]string{regset.NotePPCEBB: "see Branches"},
			// What is about calls: see CallTakenBack. qemu has another SIER for programs.
			fixed: []string{"pc", "msr", "orig_r3", "softe", "trap", "dar", "dsisr", "result", "sier"}}
	},
	"riscv64": func() program {
		var list []stored
		for i, name := range []string{"ra", "", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7",
			"s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"} {
			if name != "" {
				list = append(list, stored{name: name, at: 8 * (i + 1)})
			}
		}
		for i, name := range []string{"ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4",
			"fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"} {
			list = append(list, stored{name: name, at: 512 + 8*i})
		}
		return program{registers: append(list, stored{"fcsr", 256, []byte{0x65, 0, 0, 0}}), base: "sp",
			unseen: map[regset.Note]string{regset.NoteRISCVVector: "see Vectors"}, fixed: []string{"pc"}}
	},
	"s390x": func() program {
		return program{registers: slices.Concat(row("r%d", 0, 15, 0, 8), row("acr%d", 0, 16, 128, 4), row("f%d", 0, 16, 1024, 16),
			row("v%dl", 0, 16, 1024+8, 16), row("v%d", 16, 16, 1024+256, 16), []stored{{"fpc", 256, []byte{0, 0x08, 0, 3}}}),
			base:   "r15",
			unseen: map[regset.Note]string{regset.NoteS390SystemCall: "see CallTakenBack"},
			fixed:  []string{"pswm", "pswa", "orig_r2"}}
	},
}

// build returns the path of testdata/registers.S as a program of an ABI.
func build(t *testing.T, abi regset.ABI) string {
	name, compiler := "registers", "gcc"
	if abi != regset.NativeABI() {
		name, compiler = "registers32", "arm-linux-gnueabihf-gcc"
	}
	if os.Getenv("UTRACE_GUEST") != "" {
		path, err := filepath.Abs(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	if _, err := exec.LookPath(compiler); err != nil && abi != regset.NativeABI() {
		t.Skip("32-bit programs take a compiler of their own: ", err)
	}
	out := filepath.Join(t.TempDir(), name)
	if text, err := exec.Command(compiler, "-static", "-nostdlib", "-o", out, "testdata/registers.S").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, text)
	}
	return out
}

// loaded is that program, and where its symbols are.
type loaded struct {
	path    string
	symbols map[string]uint64
}

func loadProgram(t *testing.T, abi regset.ABI) loaded {
	t.Helper()
	p := loaded{build(t, abi), map[string]uint64{}}
	file, err := elf.Open(p.path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range symbols {
		p.symbols[s.Name] = s.Value
	}
	return p
}

// send has the program go on at an address, with the stack pointer at its area.
func (l loaded) send(t *testing.T, p *testtracee.Tracee, abi regset.ABI, to uint64) {
	t.Helper()
	gpr := make([]byte, abi.GeneralSize())
	if _, err := p.ReadRegset(regset.NotePRStatus, gpr); err != nil {
		t.Fatal(err)
	}
	abi.SetPC(gpr, to)
	abi.SetSP(gpr, l.symbols["area"])
	if err := p.WriteRegset(regset.NotePRStatus, gpr); err != nil {
		t.Fatal(err)
	}
}

// TestRG4_SeenByTheProgram writes every register of every set that can be
// written, and has the program say what it finds there.
func TestRG4_SeenByTheProgram(t *testing.T) {
	for _, abi := range regset.ABIs() {
		t.Run(abi.Name(), func(t *testing.T) { seenByTheProgram(t, abi, programs[abi.Name()]()) })
	}
}

func seenByTheProgram(t *testing.T, abi regset.ABI, layout program) {
	file := loadProgram(t, abi)
	p := testtracee.StartFile(t, file.path)
	v := abi.View()
	random := rand.New(rand.NewPCG(4, 4))
	if prepare, ok := file.symbols["prepare"]; ok {
		file.send(t, p, abi, prepare)
		p.Run()
	}

	written := map[string][]byte{layout.base: nil}
	for _, r := range layout.registers {
		value := r.value
		for i := len(value); i < v.Register(r.name).Size; i++ {
			value = append(value, byte(random.Uint32()))
		}
		if err := v.Write(p, r.name, value); err != nil {
			t.Errorf("write %s: %v", r.name, err)
			continue
		}
		written[r.name] = value
	}
	file.send(t, p, abi, file.symbols["store"])
	p.Run()
	for _, r := range layout.registers {
		seen := make([]byte, len(written[r.name]))
		p.ReadMemory(file.symbols["area"]+uint64(r.at), seen)
		if !bytes.Equal(seen, written[r.name]) {
			t.Errorf("the program finds % x in %s, where % x was written", seen, r.name, written[r.name])
		}
	}

	// There must be nothing else to write.
	for _, set := range v.Sets {
		if set.ReadOnly || layout.unseen[set.Note] != "" {
			continue
		}
		if _, err := set.Active(p); errors.Is(err, regset.ErrAbsent) || errors.Is(err, regset.ErrNoSuchSet) {
			continue // the kernel does not know it, or the machine has not got it
		}
		for _, r := range set.Registers {
			if _, ok := written[r.Name]; !ok && !slices.Contains(layout.fixed, r.Name) {
				t.Errorf("nobody has looked at %s of %s", r.Name, set.Name)
			}
		}
	}
}
