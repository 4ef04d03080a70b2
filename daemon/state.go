package daemon

import (
	"encoding/hex"
	"fmt"
	"slices"
	"syscall"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/api"
	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/regset"
)

func registers(c *call) (any, error) {
	var p api.Registers
	if err := c.want(&p); err != nil {
		return nil, err
	}
	if len(p.Names) > 1024 {
		return nil, fmt.Errorf("%w: %d registers", errParams, len(p.Names))
	}
	result := api.RegisterValues{Values: map[string]string{}}
	err := c.held(p.Attachment, p.Thread, func(r *utrace.Report) error {
		abi := r.ABI()
		result.ABI = abi.Name()
		for _, name := range p.Names {
			value, err := abi.View().Read(r, name)
			if err != nil {
				return err
			}
			slices.Reverse(value) // the most significant digit first
			result.Values[name] = hex.EncodeToString(value)
		}
		if p.Note == 0 {
			return nil
		}
		data := make([]byte, maxRegset)
		n, err := r.ReadRegset(regset.Note(p.Note), data)
		result.Data = data[:n]
		return err
	})
	return result, err
}

// maxRegset is more than any register set has.
const maxRegset = 64 << 10

func setRegisters(c *call) (any, error) {
	var p api.SetRegisters
	if err := c.want(&p); err != nil {
		return nil, err
	}
	values := map[string][]byte{}
	for name, text := range p.Values {
		value, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%w: register %s: %w", errParams, name, err)
		}
		slices.Reverse(value)
		values[name] = value
	}
	err := c.held(p.Attachment, p.Thread, func(r *utrace.Report) error {
		for name, value := range values {
			if err := r.ABI().View().Write(r, name, value); err != nil {
				return err
			}
		}
		if p.Data == nil {
			return nil
		}
		return r.WriteRegset(regset.Note(p.Note), p.Data)
	})
	return struct{}{}, err
}

func signalMask(c *call) (any, error) {
	var p api.SignalMask
	if err := c.want(&p); err != nil {
		return nil, err
	}
	var result api.SignalMask
	err := c.held(p.Attachment, p.Thread, func(r *utrace.Report) error {
		if p.Mask != nil {
			return r.SetSignalMask(uint64(*p.Mask))
		}
		mask, err := r.SignalMask()
		result.Mask = (*api.Uint64)(&mask)
		return err
	})
	return result, err
}

func userWord(c *call) (any, error) {
	var p api.UserWord
	if err := c.want(&p); err != nil {
		return nil, err
	}
	result := api.UserWord{Offset: p.Offset}
	err := c.held(p.Attachment, p.Thread, func(r *utrace.Report) error {
		if p.Value != nil {
			return r.PokeUser(uintptr(p.Offset), uint64(*p.Value))
		}
		value, err := r.PeekUser(uintptr(p.Offset))
		result.Value = (*api.Uint64)(&value)
		return err
	})
	return result, err
}

// held calls f on the loop with a thread that is stopped for a party.
func (c *call) held(number, thread int, f func(*utrace.Report) error) error {
	e, err := c.engine(number, thread)
	if err != nil {
		return err
	}
	return c.core.Do(c.ctx, func() error {
		r, err := e.Held()
		if err != nil {
			return err
		}
		return f(r)
	})
}

// The limits of one transfer of memory.
const (
	maxInline     = 256 << 10
	maxDescriptor = 1 << 30
	maxRanges     = 4096
)

func read(c *call) (any, error) {
	var p api.Read
	if err := c.want(&p); err != nil {
		return nil, err
	}
	limit, total := maxInline, 0
	if p.Descriptor {
		limit = maxDescriptor
	}
	for _, r := range p.Ranges {
		if r.Len < 0 || r.Len > limit-total {
			return nil, fmt.Errorf("%w: %d bytes are the most for one answer", errParams, limit)
		}
		total += r.Len
	}
	if len(p.Ranges) > maxRanges {
		return nil, fmt.Errorf("%w: %d ranges are the most", errParams, maxRanges)
	}
	e, err := c.engine(p.Attachment, p.Thread)
	if err != nil {
		return nil, err
	}
	var buf []byte
	release := func() {}
	if p.Descriptor {
		shared, err := procfs.NewSharedMemory("utrace memory", total)
		if err != nil {
			return nil, err
		}
		buf, release = shared.Bytes, shared.Unmap
		c.result, c.hasResult = shared.FD, true
	} else {
		buf = make([]byte, total)
	}
	defer release()
	lengths, pieces, err := c.fetch(e, p.Ranges, buf)
	if err != nil {
		if c.hasResult {
			_ = syscall.Close(c.result)
			c.hasResult = false
		}
		return nil, err
	}
	result := api.Memory{Lengths: lengths}
	if !p.Descriptor {
		result.Data = pieces
	}
	return result, nil
}

// pieceSize bounds how long one hand-off keeps the loop: other threads wait.
const pieceSize = 1 << 20

// fetch reads ranges into one buffer.
func (c *call) fetch(e *utrace.Engine, ranges []api.Range, buf []byte) (lengths []int, pieces [][]byte, err error) {
	for _, r := range ranges {
		part := buf[:r.Len]
		buf = buf[r.Len:]
		n := 0
		for n < len(part) {
			want := part[n:min(n+pieceSize, len(part))]
			q := []utrace.Request{{Engine: e, Memory: []utrace.Range{{Addr: uint64(r.Addr) + uint64(n), Data: want}}}}
			if err := c.core.Gather(c.ctx, q); err != nil {
				return nil, nil, err
			}
			if q[0].Err != nil {
				return nil, nil, q[0].Err
			}
			n += q[0].Memory[0].N
			if q[0].Memory[0].N < len(want) {
				break
			}
		}
		lengths, pieces = append(lengths, n), append(pieces, part[:n])
	}
	return lengths, pieces, nil
}

func write(c *call) (any, error) {
	var p api.Write
	if err := c.want(&p); err != nil {
		return nil, err
	}
	data := p.Data
	if len(c.fds) == 1 && data == nil {
		if p.Len < 0 || p.Len > maxInline<<4 {
			return nil, fmt.Errorf("%w: %d bytes are the most for one write", errParams, maxInline<<4)
		}
		data = make([]byte, p.Len)
		n, err := syscall.Pread(c.fds[0], data, 0)
		if err != nil {
			return nil, fmt.Errorf("read what is to be written: %w", err)
		}
		data = data[:n]
	} else if len(c.fds) != 0 || p.Len != 0 && p.Len != len(data) {
		return nil, fmt.Errorf("%w: either data or a descriptor and len", errParams)
	}
	n := 0
	err := c.held(p.Attachment, p.Thread, func(r *utrace.Report) (err error) {
		n, err = r.WriteMemory(uint64(p.Addr), data)
		return err
	})
	if err != nil && n == 0 && len(data) != 0 {
		return nil, err
	}
	return api.Written{Len: n}, nil
}
