package gdbserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// files are what a client has opened on this machine: debuggers read programs and
// libraries that way. They are read by goroutines, as a file can be slow.
type files struct {
	mu   sync.Mutex
	open map[int]*os.File
	next int
	// closed: the client has gone, while a goroutine opens a file maybe.
	closed bool
	// root is the process whose view of the file system paths are of; 0: ours.
	root int
}

// maxFiles is how many files a client may have open.
const maxFiles = 256

// file serves vFile.
func (s *session) file(_, packet []byte) ([]byte, error) {
	f, err := rsp.ParseFile(packet)
	if err != nil {
		return nil, err
	}
	if !fileOps[f.Op] {
		return nil, errUnsupported
	}
	return nil, s.later(func(context.Context) func() ([]byte, error) {
		reply, err := s.files.serve(&s.server.options.Place, f)
		return func() ([]byte, error) {
			if err != nil {
				var errno syscall.Errno
				if !errors.As(err, &errno) {
					errno = syscall.EIO
				}
				return rsp.FileResult{Failure: rsp.FileError(errno)}.AppendTo(nil), nil
			}
			return reply, nil
		}
	})
}

var fileOps = map[string]bool{
	"open": true, "pread": true, "pwrite": true, "close": true, "fstat": true, "unlink": true, "readlink": true, "setfs": true,
}

// done is the reply about what gives no number.
func done() []byte { return rsp.FileResult{}.AppendTo(nil) }

func (x *files) serve(place *Place, f rsp.File) ([]byte, error) {
	switch f.Op {
	case "setfs":
		return done(), x.setRoot(f.PID)
	case "open":
		return x.openFile(place, f)
	case "readlink":
		target, err := os.Readlink(x.path(place, f.Path))
		return rsp.FileResult{Value: uint64(len(target)), Data: []byte(target)}.AppendTo(nil), err
	case "unlink":
		return done(), syscall.Unlink(x.path(place, f.Path))
	}
	x.mu.Lock()
	file := x.open[f.FD]
	x.mu.Unlock()
	if file == nil {
		return nil, syscall.EBADF
	}
	if int64(f.Offset) < 0 {
		return nil, syscall.EINVAL // as pread(2)
	}
	switch f.Op {
	case "close":
		x.mu.Lock()
		delete(x.open, f.FD)
		x.mu.Unlock()
		return done(), file.Close()
	case "pread":
		return readFile(file, f)
	case "pwrite":
		n, err := file.WriteAt(f.Data, int64(f.Offset))
		if n > 0 {
			err = nil
		}
		return rsp.FileResult{Value: uint64(n)}.AppendTo(nil), err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	stat, isStat := info.Sys().(*syscall.Stat_t)
	if !isStat {
		return nil, syscall.ENOSYS
	}
	content := rsp.AppendStat(nil, stat)
	return rsp.FileResult{Value: uint64(len(content)), Data: content}.AppendTo(nil), nil
}

// readFile reads as much as fits a packet.
func readFile(file *os.File, f rsp.File) ([]byte, error) {
	const room = maxPacket - 16
	data := make([]byte, min(f.Count, room))
	n, err := file.ReadAt(data, int64(f.Offset))
	if err != nil && !errors.Is(err, io.EOF) && n == 0 {
		return nil, err
	}
	return rsp.AppendFilePiece(nil, data[:n], room), nil
}

// setRoot chooses the file system. A process in our own mount namespace with our
// root sees what we see.
func (x *files) setRoot(pid int) error {
	x.root = 0
	if pid == 0 {
		return nil
	}
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
	if err != nil {
		return err
	}
	ours, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return err
	}
	if theirs != ours {
		x.root = pid
	}
	return nil
}

// path is where a path of the chosen file system is in ours, symbolic links
// apart: openFile resolves these as the process would.
func (x *files) path(place *Place, path string) string {
	if x.root == 0 {
		return place.path(path)
	}
	return fmt.Sprintf("/proc/%d/root/%s", x.root, path)
}

func (x *files) openFile(place *Place, f rsp.File) ([]byte, error) {
	flags, known := rsp.OpenFlags(f.Flags)
	if !known {
		return nil, syscall.EINVAL
	}
	// Without O_NONBLOCK a FIFO would hold us up.
	file, err := x.openIn(place, f.Path, flags|syscall.O_CLOEXEC|syscall.O_NONBLOCK|syscall.O_NOCTTY, uint32(f.Mode)&0o7777)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || len(x.open) >= maxFiles {
		_ = file.Close()
		return nil, syscall.EMFILE
	}
	if x.open == nil {
		x.open = map[int]*os.File{}
	}
	x.next++
	x.open[x.next] = file
	return rsp.FileResult{Value: uint64(x.next)}.AppendTo(nil), nil
}

// openHow is struct open_how of openat2(2), with a path of another process's root.
type openHow struct{ flags, mode, resolve uint64 }

const (
	sysOpenat2    = 437
	resolveInRoot = 0x10
)

// openIn opens a file of the chosen file system.
func (x *files) openIn(place *Place, path string, flags int, mode uint32) (*os.File, error) {
	if x.root == 0 {
		return place.open(path, flags, fs.FileMode(mode))
	}
	root, err := os.Open(fmt.Sprintf("/proc/%d/root", x.root))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	name, err := syscall.BytePtrFromString(path)
	if err != nil {
		return nil, err
	}
	how := openHow{flags: uint64(flags), resolve: resolveInRoot}
	if flags&syscall.O_CREAT != 0 {
		how.mode = uint64(mode)
	}
	fd, _, errno := syscall.Syscall6(sysOpenat2, root.Fd(), uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&how)), unsafe.Sizeof(how), 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return os.NewFile(fd, path), nil
}

// closeAll closes what the client has left open.
func (x *files) closeAll() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range x.open {
		_ = f.Close()
	}
	x.open, x.closed = nil, true
}
