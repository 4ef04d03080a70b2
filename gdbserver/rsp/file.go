package rsp

import (
	"bytes"
	"syscall"
)

// File is a vFile packet: what is not of its operation is zero.
type File struct {
	// Op is open, pread, pwrite, close, fstat, unlink, readlink, setfs; and
	// size, mode, exists and MD5, which lldb asks for.
	Op string
	// Path is of open, unlink, readlink and of lldb's operations.
	Path string
	// Flags are those of open, in the protocol's numbers.
	Flags, Mode uint64
	FD          int
	Count       uint64
	Offset      uint64
	Data        []byte // of pwrite
	PID         int    // of setfs; 0 is the server's own file system
}

var filePrefix = []byte("vFile:")

// ParseFile parses vFile.
func ParseFile(packet []byte) (f File, err error) {
	text, ok := bytes.CutPrefix(packet, filePrefix)
	op, args, found := bytes.Cut(text, []byte(":"))
	if !ok || !found {
		return f, malformed
	}
	f.Op = string(op)
	switch f.Op {
	case "open":
		path, rest, found := bytes.Cut(args, []byte(","))
		v, tail, ok := numbers(rest, ",")
		if !found || !ok || len(tail) != 0 {
			return f, malformed
		}
		f.Flags, f.Mode = v[0], v[1]
		return f, f.path(path)
	case "unlink", "readlink", "size", "mode", "exists", "MD5":
		return f, f.path(args)
	case "pwrite":
		v, rest, ok := numbers(args, ",")
		if !ok || len(rest) == 0 || rest[0] != ',' || !f.descriptor(v[0]) {
			return f, malformed
		}
		f.Offset, f.Data = v[1], Unescape(nil, rest[1:])
		return f, nil
	}
	seps := map[string]string{"pread": ",,", "close": "", "fstat": "", "setfs": ""}
	sep, known := seps[f.Op]
	if !known {
		return f, nil
	}
	v, rest, ok := numbers(args, sep)
	if !ok || len(rest) != 0 || !f.descriptor(v[0]) {
		return f, malformed
	}
	switch f.Op {
	case "pread":
		f.Count, f.Offset = v[1], v[2]
	case "setfs":
		f.FD, f.PID = 0, f.FD
	}
	return f, nil
}

// descriptor takes a number that fits one.
func (f *File) descriptor(v uint64) bool {
	f.FD = int(v & 0x7fffffff)
	return v <= 0x7fffffff
}

func (f *File) path(text []byte) error {
	path, ok := Hex(nil, text)
	if !ok || len(path) == 0 || bytes.IndexByte(path, 0) >= 0 {
		return malformed
	}
	f.Path = string(path)
	return nil
}

// AppendTo appends the packet.
func (f File) AppendTo(dst []byte) []byte {
	dst = append(append(append(dst, filePrefix...), f.Op...), ':')
	comma := func(v uint64) { dst = AppendNumber(append(dst, ','), v) }
	switch f.Op {
	case "open":
		dst = AppendHex(dst, []byte(f.Path))
		comma(f.Flags)
		comma(f.Mode)
	case "pread":
		dst = AppendNumber(dst, uint64(f.FD))
		comma(f.Count)
		comma(f.Offset)
	case "pwrite":
		dst = AppendNumber(dst, uint64(f.FD))
		comma(f.Offset)
		dst = Escape(append(dst, ','), f.Data)
	case "close", "fstat":
		dst = AppendNumber(dst, uint64(f.FD))
	case "setfs":
		dst = AppendNumber(dst, uint64(f.PID))
	default:
		dst = AppendHex(dst, []byte(f.Path))
	}
	return dst
}

// The protocol's numbers for open, which are those of Linux but for three.
const (
	openAccess = 3
	openAppend = 0x8
	openCreate = 0x200
	openTrunc  = 0x400
	openExcl   = 0x800
)

// OpenFlags are the flags of open(2) for those of the protocol. ok is false for
// ones that it has not.
func OpenFlags(v uint64) (flags int, ok bool) {
	flags = int(v & openAccess)
	for bit, flag := range map[uint64]int{
		openAppend: syscall.O_APPEND, openCreate: syscall.O_CREAT,
		openTrunc: syscall.O_TRUNC, openExcl: syscall.O_EXCL,
	} {
		if v&bit != 0 {
			flags |= flag
		}
	}
	return flags, v&^(openAccess|openAppend|openCreate|openTrunc|openExcl) == 0
}

// fileErrors are the error numbers of the protocol that are Linux's, too.
var fileErrors = map[syscall.Errno]bool{
	syscall.EPERM: true, syscall.ENOENT: true, syscall.EINTR: true, syscall.EBADF: true,
	syscall.EACCES: true, syscall.EFAULT: true, syscall.EBUSY: true, syscall.EEXIST: true,
	syscall.ENODEV: true, syscall.ENOTDIR: true, syscall.EISDIR: true, syscall.EINVAL: true,
	syscall.ENFILE: true, syscall.EMFILE: true, syscall.EFBIG: true, syscall.ENOSPC: true,
	syscall.ESPIPE: true, syscall.EROFS: true,
}

// FileError is the protocol's number of an error.
func FileError(errno syscall.Errno) uint64 {
	const tooLong, unknown = 91, 9999
	switch {
	case fileErrors[errno]:
		return uint64(errno)
	case errno == syscall.ENAMETOOLONG:
		return tooLong
	}
	return unknown
}

// FileResult is the reply to a vFile packet. Failure is the protocol's number of an
// error, or 0.
type FileResult struct {
	Value   uint64
	Failure uint64
	Data    []byte
}

// ParseFileResult parses the reply.
func ParseFileResult(reply []byte) (r FileResult, err error) {
	text, ok := bytes.CutPrefix(reply, []byte("F"))
	if code, failed := bytes.CutPrefix(text, []byte("-1,")); ok && failed {
		if r.Failure, ok = Number(code); !ok || r.Failure == 0 {
			return FileResult{}, malformed
		}
		return r, nil
	}
	value, rest, isNumber := number(text)
	if !ok || !isNumber || len(rest) != 0 && rest[0] != ';' {
		return FileResult{}, malformed
	}
	r.Value = value
	if len(rest) != 0 {
		r.Data = Unescape([]byte{}, rest[1:])
	}
	return r, nil
}

// AppendTo appends the reply.
func (r FileResult) AppendTo(dst []byte) []byte {
	if r.Failure != 0 {
		return AppendNumber(append(dst, "F-1,"...), r.Failure)
	}
	dst = AppendNumber(append(dst, 'F'), r.Value)
	if r.Data != nil {
		dst = Escape(append(dst, ';'), r.Data)
	}
	return dst
}

// AppendFilePiece appends the reply to pread: as much of the data as makes at most some
// bytes. The value is how much that is.
func AppendFilePiece(dst, data []byte, limit int) []byte {
	escaped, fit := EscapeUpTo(nil, data, limit)
	dst = FileResult{Value: uint64(fit)}.AppendTo(dst)
	return append(append(dst, ';'), escaped...)
}

// AppendStat appends struct stat as fstat's reply carries it: words of four and
// eight bytes, the highest byte first.
func AppendStat(dst []byte, s *syscall.Stat_t) []byte {
	four := func(v uint64) { dst = append(dst, byte(v>>24), byte(v>>16), byte(v>>8), byte(v)) }
	eight := func(v uint64) { four(v >> 32); four(v) }
	four(uint64(s.Dev)) // 32 bits on mips
	four(uint64(s.Ino))
	four(uint64(s.Mode))
	four(uint64(s.Nlink))
	four(uint64(s.Uid))
	four(uint64(s.Gid))
	four(uint64(s.Rdev))
	eight(uint64(s.Size))
	eight(uint64(s.Blksize))
	eight(uint64(s.Blocks))
	four(uint64(s.Atim.Sec))
	four(uint64(s.Mtim.Sec))
	four(uint64(s.Ctim.Sec))
	return dst
}
