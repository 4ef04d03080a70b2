package coredump

// chunk is how much memory is read at once.
const chunk = 4 << 20

// stream reads all memory in the order of the core and writes it, by turns: another
// thread to read ahead would have to be woken for each chunk, which on a machine
// that is busy takes longer than it saves. read is called, in any case, when the
// process is not needed any more.
func (d *dump) stream(read func()) error {
	buffer, part := make([]byte, chunk), []byte(nil)
	clear(buffer) // its pages are there before they are waited for
	err := func() error {
		for i := range d.mappings {
			m := &d.mappings[i]
			for done := uint64(0); done < d.sizes[i]; done += uint64(len(part)) {
				// What was read last is not written yet.
				if err := d.out.write(part); err != nil {
					return err
				}
				part = buffer[:min(uint64(len(buffer)), d.sizes[i]-done)]
				if err := d.read(m, m.Start+done, part); err != nil {
					return err
				}
			}
		}
		return nil
	}()
	// Killed processes have no memory, or some other's.
	if moved := d.memory.close(); err == nil {
		err = moved
	}
	read()
	if err == nil {
		err = d.out.write(part)
	}
	return err
}
