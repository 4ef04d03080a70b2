package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/utrace/utrace/coredump"
	"github.com/utrace/utrace/tool"
)

// coreFile is a core that is written, or is to be.
type coreFile struct {
	path string
	zstd bool
	used bool // there is a core of another process by this name
}

// named has the name of what is compressed say so.
func (f coreFile) named() coreFile {
	if f.zstd {
		f.path += ".zst"
	}
	return f
}

// next is where the core of a process goes: into the directory, to the file, or,
// for all but the first, beside it.
func (f *coreFile) next(system tool.System, pid int) coreFile {
	x := *f
	if dir, err := system.OpenFile(f.path, os.O_RDONLY|syscall.O_DIRECTORY, 0); err == nil {
		_ = dir.Close()
		x.path = filepath.Join(f.path, fmt.Sprintf("core.%d", pid))
	} else if f.used {
		x.path = fmt.Sprintf("%s.%d", f.path, pid)
	}
	f.used = true
	return x.named()
}

// write writes a core, under another name until it is complete. It has what the
// process keeps secret, so it is for the user only.
func (f coreFile) write(system tool.System, dump func(io.Writer) (coredump.Result, error)) (result coredump.Result, err error) {
	partial := f.path + ".partial"
	file, err := system.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return result, err
	}
	if f.zstd {
		result, err = compressed(file, dump)
	} else {
		result, err = dump(file)
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = system.Rename(partial, f.path)
	}
	if err != nil {
		system.Remove(partial)
	}
	return result, err
}

// compressed writes through a compressor. The process may wait for that, so it is
// to be quick.
func compressed(file *os.File, dump func(io.Writer) (coredump.Result, error)) (coredump.Result, error) {
	w, err := zstd.NewWriter(file, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return coredump.Result{}, err
	}
	result, err := dump(w)
	return result, errors.Join(err, w.Close())
}

// describeCore says what was written.
func describeCore(r coredump.Result) string {
	threads := "threads"
	if r.Threads == 1 {
		threads = "thread"
	}
	text := fmt.Sprintf("%d %s, %d MiB, stopped for %v", r.Threads, threads, r.Size>>20, r.Stopped.Round(time.Microsecond))
	if r.Unreadable != 0 {
		text += fmt.Sprintf("; %d KiB could not be read", r.Unreadable>>10)
	}
	return text
}
