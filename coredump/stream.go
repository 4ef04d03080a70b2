package coredump

import "github.com/utrace/utrace/internal/procfs"

// chunk is how much memory is read and written at once. It stays in the processor's
// caches between the two; and file systems take as large pieces of memory as the
// writes are for their cache, of which a kernel has few at hand.
const chunk = 256 << 10

// readAll reads all memory in the order of the core.
func (d *dump) readAll(a *ahead) error {
	for i := range d.mappings {
		m := &d.mappings[i]
		for done := uint64(0); done < d.sizes[i]; {
			rest := d.sizes[i] - done
			if hole := d.hole(m, m.Start+done, rest); hole >= min(rest, uint64(len(empty))) {
				a.skip(hole)
				done += hole
				continue
			}
			part, err := a.room(d.ctx, rest)
			if err != nil {
				return err
			}
			if err := d.read(m, m.Start+done, part); err != nil {
				return err
			}
			if err := a.put(d.ctx, part); err != nil {
				return err
			}
			done += uint64(len(part))
		}
	}
	return nil
}

// hole is how much of a mapping, from an address on, nobody has written so far. To
// read that would have the kernel make page tables for it, of which there can be
// gigabytes: the kernel's own cores skip it, too (FOLL_DUMP).
func (d *dump) hole(m *procfs.Mapping, addr, size uint64) uint64 {
	if m.Inode != 0 || m.Shared || fromKernel(m) {
		return 0
	}
	return d.memory.absent(addr, size) &^ (page - 1)
}
