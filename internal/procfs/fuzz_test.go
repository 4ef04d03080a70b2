package procfs

import (
	"os"
	"testing"
)

// seed adds what this kernel prints about this process.
func seed(f *testing.F, file string, more ...string) {
	if file != "" {
		text, err := os.ReadFile("/proc/self/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range more {
		f.Add([]byte(text))
	}
}

func FuzzParseStatus(f *testing.F) {
	seed(f, "status", "State:\t\n", "Name:\t\\", "NSpid:\t1\tx")
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := ParseStatus(text); err == nil && s.State == 0 {
			t.Error("no state, no error")
		}
	})
}

func FuzzParseStat(f *testing.F) {
	seed(f, "stat", "1 (() ) S", ")(", "1 () S 1")
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := ParseStat(text); err == nil && s.State == 0 && s.Start == 0 && len(text) < 38*2 {
			t.Errorf("%q cannot have 38 fields", text)
		}
	})
}

func FuzzParseSyscall(f *testing.F) {
	seed(f, "syscall", "running", "-1 0x0 0x0")
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := ParseSyscall(text); err == nil && s.Running && s.Number != 0 {
			t.Error("running in a known call")
		}
	})
}

func FuzzParseMapping(f *testing.F) {
	seed(f, "", "0-1 ---p 0 0:0 0", "0-1 ---p 0 0:0 0  [heap]", "- - - - -")
	f.Fuzz(func(t *testing.T, line []byte) {
		if m, err := ParseMapping(line); err == nil && m.Start > m.End {
			t.Error("ends before it starts")
		}
	})
}

func FuzzParseAuxv(f *testing.F) {
	seed(f, "auxv", "", "\x01")
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, size := range []int{0, 4, 8} {
			v, err := ParseAuxv(b, size)
			if (err != nil) != (size == 0) || len(v)*2*size > len(b) {
				t.Errorf("word size %d: %d entries of %d bytes, %v", size, len(v), len(b), err)
			}
		}
	})
}

func FuzzParseCmdline(f *testing.F) {
	seed(f, "cmdline", "", "\x00\x00")
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		for _, arg := range ParseCmdline(b) {
			n += len(arg) + 1
		}
		if n != len(b) && n != len(b)+1 {
			t.Errorf("%d bytes became %d", len(b), n)
		}
	})
}
