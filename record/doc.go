// Package record keeps what traced threads did in a file, from which everything
// that a tracer could have printed can still be made: a recording holds the
// registers of every system call and the memory that its arguments point to, not
// text.
//
// A file is written from front to back and never changed, so that whatever ends
// the writer, all but its last moments can be read. It is a row of blocks:
//
//	magic     4 bytes, "UTR1"
//	kind      1 byte, 1 for events, 2 for the index
//	reserved  3 bytes, zero
//	stored    4 bytes, the size of the data that follows the header
//	size      4 bytes, its size when unpacked (Zstandard, RFC 8878)
//	count     4 bytes, the number of events
//	check     4 bytes, CRC-32C of the stored data
//	first     8 bytes, the time of the first event: nanoseconds since 1970
//	last      8 bytes, the time of the last
//
// all little endian. The index, which is written at the end, repeats the headers
// of the blocks with their places; without it the headers are read one by one.
// Events are described at [Event].
package record
