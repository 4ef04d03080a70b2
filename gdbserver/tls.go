package gdbserver

import (
	"encoding/binary"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// Where a thread's copy of a thread-local variable is, the C library knows: each
// thread has a vector (dtv) with the block of each module. Where that is in the
// library's own structures differs between versions, and is told by descriptors
// that the library has for libthread_db (nptl_db/structs.def): three words, of the
// size in bits, the number, and the offset of a field. The client finds them.

// tlsFields are the names of the descriptors.
var tlsFields = [...]string{
	"_thread_db_link_map_l_tls_modid", "_thread_db_link_map_l_tls_offset",
	"_thread_db_pthread_dtvp", "_thread_db_dtv_dtv", "_thread_db_dtv_t_pointer_val",
}

const (
	fieldModule = iota
	fieldOffset
	fieldVector
	fieldElement
	fieldPointer
)

// tlsOffsets are where the descriptors are in a process, as far as that is known.
type tlsOffsets struct {
	at    [len(tlsFields)]uint64
	known int
}

// symbol is qSymbol: the client offers to look symbols up, and answers.
func (s *session) symbol(dst, packet []byte) ([]byte, error) {
	offer, err := rsp.ParseSymbol(packet)
	if err != nil {
		return nil, err
	}
	t, err := s.selected()
	if err != nil || s.observer {
		return ok(dst)
	}
	x := &t.p.tls
	if offer.Name != "" && x.known < len(tlsFields) {
		if !offer.Found || offer.Name != tlsFields[x.known] {
			return ok(dst) // not there: maybe with the next library
		}
		x.at[x.known] = offer.Value
		x.known++
	}
	if x.known == len(tlsFields) {
		return ok(dst)
	}
	return rsp.AppendWanted(dst, tlsFields[x.known]), nil
}

// tlsAddress is qGetTLSAddr.
func (s *session) tlsAddress(dst, packet []byte) ([]byte, error) {
	q, err := rsp.ParseTLS(packet)
	if err != nil {
		return nil, err
	}
	t := s.find(q.Thread)
	if t == nil || s.settings.noTLS {
		return nil, failed
	}
	if t.p.tls.known < len(tlsFields) {
		return nil, errUnsupported
	}
	return s.withRegisters(dst, t, func(dst []byte, l *layout, r *utrace.Report) ([]byte, error) {
		w := words{r, l.abi.WordSize()}
		addr, err := t.p.tls.find(w, l.machine, l.machine.pointer(r), q)
		if err != nil {
			return nil, failed
		}
		return rsp.AppendNumber(dst, addr), nil
	})
}

// field reads a descriptor.
func (x *tlsOffsets) field(w words, i int) (size, offset uint64, err error) {
	var d [12]byte
	if _, err := w.ReadMemory(x.at[i], d[:]); err != nil {
		return 0, 0, err
	}
	return uint64(binary.LittleEndian.Uint32(d[:])) / 8, uint64(binary.LittleEndian.Uint32(d[8:])), nil
}

// find finds the address of a variable.
func (x *tlsOffsets) find(w words, m *machine, pointer uint64, q rsp.TLS) (uint64, error) {
	if pointer == 0 {
		return 0, failed
	}
	pointer -= m.pointerBias
	var size, offset [len(tlsFields)]uint64
	for i := range tlsFields {
		var err error
		if size[i], offset[i], err = x.field(w, i); err != nil {
			return 0, err
		}
	}
	module := uint64(1) // a program without shared libraries has no link map, and one module
	if q.Module != 0 {
		var err error
		if module, err = w.at(q.Module + offset[fieldModule]); err != nil {
			return 0, err
		}
	}
	if module == 0 {
		return 0, failed // the object has no such variables
	}
	at := pointer + offset[fieldVector]
	if m.tlsBehind {
		at = pointer + uint64(m.vector)
	}
	vector, err := w.at(at)
	if err != nil {
		return 0, err
	}
	block, err := w.at(vector + offset[fieldElement] + module*size[fieldElement] + offset[fieldPointer])
	if err != nil {
		return 0, err
	}
	if unallocated := ^uint64(0) >> (64 - 8*w.size); block == unallocated || block == 0 {
		if q.Module == 0 {
			return 0, failed
		}
		// Not used yet. Where the place was fixed when the program was
		// started, it is there all the same.
		static, err := w.at(q.Module + offset[fieldOffset])
		if err != nil || static == 0 || static == unallocated || static == unallocated-1 {
			return 0, failed
		}
		block = pointer - static
		if m.tlsBehind {
			block = pointer + static
		}
	}
	return block + q.Offset, nil
}
