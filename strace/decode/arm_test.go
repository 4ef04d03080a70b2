package decode_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// TestARM: what 32-bit arm has otherwise than i386.
func TestARM(t *testing.T) {
	memory := make(fixedMemory, 4096) // a page at 0x1000
	copy(memory, "/")
	stat := memory[0x100:]
	for at, value := range map[int]uint32{16: 0o40755, 48: 0x12345, 56: 4096, 64: 8} { // struct stat64 in arch/arm64/include/asm/stat.h
		binary.LittleEndian.PutUint32(stat[at:], value)
	}
	for _, c := range []struct {
		name string
		args [6]uint64
		want string
	}{
		{"open", [6]uint64{0x1000, 0x4000 | 0x8000}, `open("/", O_RDONLY|O_NOFOLLOW|O_DIRECTORY`},
		{"stat64", [6]uint64{0x1000, 0x1100}, "st_size=74565,"},
		{"pread64", [6]uint64{3, 0x1000, 1, 0xdead, 2, 1}, ", 1, 4294967298)"},
		{"ftruncate64", [6]uint64{3, 0xdead, 5, 0}, "ftruncate64(3, 5)"},
	} {
		made, ok := syscalls.ARM.ByName(c.name)
		if !ok {
			t.Fatalf("no %s", c.name)
		}
		d := decode.New(decode.Options{})
		call := &decode.Call{ABI: syscalls.ARM, Nr: uint64(made.Number), Args: c.args, Mem: memory}
		line := d.Exit(d.Entry(nil, call), call)
		if !strings.Contains(string(line), c.want) {
			t.Errorf("%s, want %s", line, c.want)
		}
	}
}
