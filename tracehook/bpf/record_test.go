package bpf

import (
	"encoding/binary"
	"testing"
)

// FuzzRecord: whatever is in the buffer is understood or refused.
func FuzzRecord(f *testing.F) {
	for kind := range byte(11) {
		b := make([]byte, callSize+2*captureSize+8)
		b[44], b[46] = kind, 2
		binary.NativeEndian.PutUint32(b[callSize+8:], 5)
		f.Add(b)
		f.Add(b[:headerSize])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r record
		var now, late Copied
		if r.parse(b) != nil || r.kind > 2 {
			return
		}
		if r.pieces(&now, &late) != nil {
			return
		}
		for _, p := range now.pieces {
			buf := make([]byte, len(p.data)+1)
			if n, _ := now.ReadMemory(p.addr, buf); n < len(p.data) {
				t.Errorf("%d of %d bytes at %#x", n, len(p.data), p.addr)
			}
		}
	})
}
