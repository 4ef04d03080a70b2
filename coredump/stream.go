package coredump

// Reading and writing go on at the same time. While the disk keeps up, the process
// waits for the reading only; and not for what is written when all has been read.

// chunk is how much memory is read at once, depth how many chunks can wait for
// being written.
const (
	chunk = 4 << 20
	depth = 8
)

// block is memory that has been read, or why it was not.
type block struct {
	data []byte
	err  error
}

// stream reads all memory in the order of the core and writes it. read is called
// when the process is not needed any more, on another goroutine.
func (d *dump) stream(read func()) error {
	blocks, free := make(chan block, depth), make(chan []byte, depth)
	for range depth {
		free <- nil // made when it is needed
	}
	go func() {
		err := d.readAll(blocks, free)
		// Killed processes have no memory, or some other's.
		if moved := d.memory.close(); err == nil {
			err = moved
		}
		read()
		if err != nil {
			blocks <- block{err: err}
		}
		close(blocks)
	}()
	var failed error
	for b := range blocks {
		if b.err != nil {
			failed = b.err
		}
		if failed == nil {
			failed = d.out.write(b.data)
		}
		if failed != nil {
			if free != nil {
				close(free)
				free = nil // the reader ends, and what it has read is dropped
			}
			continue
		}
		free <- b.data[:cap(b.data)]
	}
	return failed
}

// readAll reads until there is no free buffer and will be none.
func (d *dump) readAll(blocks chan<- block, free <-chan []byte) error {
	for i := range d.mappings {
		m := &d.mappings[i]
		for done := uint64(0); done < d.sizes[i]; {
			buffer, more := <-free
			if !more {
				return nil
			}
			if buffer == nil {
				buffer = make([]byte, chunk)
			}
			part := buffer[:min(uint64(len(buffer)), d.sizes[i]-done)]
			if err := d.read(m, m.Start+done, part); err != nil {
				return err
			}
			blocks <- block{data: part}
			done += uint64(len(part))
		}
	}
	return nil
}
