package tracehook

// Memory is memory of a thread, or what was copied of it.
type Memory interface {
	// ReadMemory reads len(p) bytes at addr. Like io.ReaderAt it returns how
	// many bytes it could read, and an error when those are fewer.
	ReadMemory(addr uint64, p []byte) (int, error)
}
