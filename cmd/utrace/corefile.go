package main

import (
	"context"
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
func (f coreFile) write(system tool.System, dump dumper) (result coredump.Result, err error) {
	if err := f.replaceable(system); err != nil {
		return result, err
	}
	partial := f.path + ".partial"
	file, err := createPartial(system, partial)
	if err != nil {
		return result, err
	}
	if f.zstd {
		dump = dump.compressed()
	}
	result, err = dump(file)
	if err = errors.Join(err, file.Close()); err == nil {
		err = system.Rename(partial, f.path)
	}
	if err != nil {
		system.Remove(partial)
	}
	return result, err
}

// possible finds out whether a core can be created where it is to be, long before
// there is one. Nothing is left there.
func (f *coreFile) possible(system tool.System, pid int) error {
	probe := *f
	core := probe.next(system, pid)
	if err := core.replaceable(system); err != nil {
		return err
	}
	name := core.path + ".partial"
	file, err := createPartial(system, name)
	if err != nil {
		return err
	}
	_ = file.Close()
	return system.Remove(name)
}

// openPath is O_PATH (open(2)) on all architectures that we know: no device or FIFO is
// opened to be looked at.
const openPath = 0x200000

// replaceable refuses a name that is taken by something else than a file, such as a
// device: a core does not go there, it takes the name away.
func (f coreFile) replaceable(system tool.System) error {
	file, err := system.OpenFile(f.path, openPath|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil // it is not there, or creating the core will say what is wrong
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if kind := info.Mode().Type() &^ os.ModeSymlink; kind != 0 {
		return fmt.Errorf("%s is no regular file, and would be replaced by one", f.path)
	}
	return nil
}

// createPartial creates a file that nobody else has. One that a killed process has
// left is removed: it is locked as long as somebody writes it.
func createPartial(system tool.System, path string) (*os.File, error) {
	create := func() (*os.File, error) {
		file, err := system.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			_ = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // not everywhere are there locks
		}
		return file, err
	}
	file, err := create()
	if !errors.Is(err, syscall.EEXIST) {
		return file, err
	}
	left, err2 := system.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err2 != nil {
		return nil, err
	}
	defer left.Close()
	if syscall.Flock(int(left.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil, fmt.Errorf("%s: somebody else is writing it: %w", path, err)
	}
	system.Remove(path)
	return create()
}

// dumper writes a core.
type dumper func(io.Writer) (coredump.Result, error)

// compressed is a dumper that writes through a compressor.
func (dump dumper) compressed() dumper {
	return func(to io.Writer) (coredump.Result, error) {
		w, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			return coredump.Result{}, err
		}
		result, err := dump(w)
		if closed := w.Close(); err == nil {
			err = closed // else it says the same again
		}
		return result, err
	}
}

// pour writes a core to a standard stream. Nobody may read that; when the context
// ends the process is let go all the same.
func pour(ctx context.Context, to io.Writer, zstd bool, dump dumper) (coredump.Result, error) {
	if zstd {
		dump = dump.compressed()
	}
	r, w := io.Pipe()
	defer context.AfterFunc(ctx, func() { r.CloseWithError(ctx.Err()) })()
	written := make(chan error, 1)
	go func() {
		_, err := io.CopyBuffer(to, r, make([]byte, 256<<10))
		r.CloseWithError(err) // a writer learns of it
		written <- err
	}()
	result, err := dump(struct{ io.Writer }{w})
	w.CloseWithError(err)
	if err != nil {
		return result, err
	}
	select {
	case err = <-written:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return result, err
}

// describeCore says what was written.
func describeCore(r coredump.Result) string {
	size := fmt.Sprintf("%d MiB", r.Size>>20)
	if r.Size < 10<<20 {
		size = fmt.Sprintf("%d KiB", r.Size>>10)
	}
	text := fmt.Sprintf("%s, %s, stopped for %v", countThreads(r.Threads), size, r.Stopped.Round(time.Microsecond))
	if r.Unreadable != 0 {
		text += fmt.Sprintf("; %d KiB could not be read", r.Unreadable>>10)
	}
	return text
}
