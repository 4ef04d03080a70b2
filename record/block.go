package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	magic      = "UTR1"
	headerSize = 40

	kindEvents = 1
	kindIndex  = 2

	// maxBlock bounds what a reader unpacks at once. The writer's blocks are
	// far smaller.
	maxBlock = 1 << 26
)

// ErrCorrupt is wrapped where a file is not what a writer has written.
var ErrCorrupt = errors.New("recording is damaged")

// header stands before a block.
type header struct {
	kind                       uint8
	stored, size, count, check uint32
	first, last                int64
}

func (h *header) append(b []byte) []byte {
	b = append(b, magic...)
	b = append(b, h.kind, 0, 0, 0)
	for _, v := range []uint32{h.stored, h.size, h.count, h.check} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(h.first))
	return binary.LittleEndian.AppendUint64(b, uint64(h.last))
}

func parseHeader(b []byte) (h header, err error) {
	if len(b) < headerSize || string(b[:4]) != magic {
		return h, fmt.Errorf("%w: no block where one should be", ErrCorrupt)
	}
	h = header{
		kind:   b[4],
		stored: binary.LittleEndian.Uint32(b[8:]),
		size:   binary.LittleEndian.Uint32(b[12:]),
		count:  binary.LittleEndian.Uint32(b[16:]),
		check:  binary.LittleEndian.Uint32(b[20:]),
		first:  int64(binary.LittleEndian.Uint64(b[24:])),
		last:   int64(binary.LittleEndian.Uint64(b[32:])),
	}
	if h.kind != kindEvents && h.kind != kindIndex || h.size > maxBlock || h.stored > maxBlock {
		return h, fmt.Errorf("%w: a block of kind %d and %d bytes", ErrCorrupt, h.kind, h.size)
	}
	return h, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// The compressor and its counterpart serve all files; both are safe for
// concurrent use as they are used here. One processor is enough: the others
// belong to the traced program.
var (
	compressor = sync.OnceValue(func() *zstd.Encoder {
		e, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		return e
	})
	decompressor = sync.OnceValue(func() *zstd.Decoder {
		d, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
		return d
	})
)

// pack makes a block.
func pack(h header, data []byte) []byte {
	block := make([]byte, headerSize, headerSize+len(data)/2)
	block = compressor().EncodeAll(data, block)
	stored := block[headerSize:]
	h.stored, h.size, h.check = uint32(len(stored)), uint32(len(data)), crc32.Checksum(stored, castagnoli)
	h.append(block[:0])
	return block
}

// unpack returns what was packed.
func unpack(h header, stored []byte) ([]byte, error) {
	if crc32.Checksum(stored, castagnoli) != h.check {
		return nil, fmt.Errorf("%w: the checksum of a block does not match", ErrCorrupt)
	}
	data, err := decompressor().DecodeAll(stored, make([]byte, 0, min(h.size, 1<<18)))
	if err != nil || len(data) != int(h.size) {
		return nil, fmt.Errorf("%w: a block does not unpack to %d bytes: %v", ErrCorrupt, h.size, err)
	}
	return data, nil
}
