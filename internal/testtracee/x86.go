//go:build linux && (amd64 || 386)

package testtracee

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// Start starts a program of 32 or 64 bits that is assembled here, and stops it in
// its first instruction. See StartFile.
func Start(t testing.TB, bits int) *Tracee {
	t.Helper()
	file, body, second := program(bits)
	path := filepath.Join(t.TempDir(), "tracee")
	if err := os.WriteFile(path, file, 0o700); err != nil {
		t.Fatal(err)
	}
	p := StartFile(t, path)
	p.Bits, p.Body, p.Second, p.Target = bits, body, second, resultAt
	// It may have been stopped on the way out of execve. One step leaves the
	// system call.
	p.Step()
	return p
}

// Result reads what the program has stored.
func (p *Tracee) Result() *Result {
	p.t.Helper()
	var r Result
	b := make([]byte, binary.Size(&r))
	p.ReadMemory(resultAt, b)
	if err := binary.Read(bytes.NewReader(b), binary.LittleEndian, &r); err != nil {
		p.t.Fatal(err)
	}
	return &r
}
