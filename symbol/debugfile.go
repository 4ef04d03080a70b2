package symbol

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// debugDirectory is where distributions put debug files.
const debugDirectory = "/usr/lib/debug"

// debug is the file that the debugging information was put into, or nil. It is
// found as gdb does it (GDB manual, "Separate Debug Files"): by the build ID,
// and else by the name in .gnu_debuglink beside the program, in .debug there,
// and below the debug directory. Each is looked for in the file system of the
// process, and then in ours.
func (f *File) debug() *File {
	f.debugOnce.Do(func() {
		if f.elf.Section(".debug_info") == nil && f.elf.Section(".zdebug_info") == nil {
			f.debugFile = f.findDebug()
		}
	})
	return f.debugFile
}

func (f *File) findDebug() *File {
	id := f.BuildID()
	link, sum, linked := f.debugLink()
	for _, root := range f.roots {
		if len(id) > 1 {
			name := filepath.Join(debugDirectory, ".build-id", hex.EncodeToString(id[:1]), hex.EncodeToString(id[1:])+".debug")
			if d := openRegular(root + name); d != nil {
				return d
			}
		}
		if !linked {
			continue
		}
		dir := filepath.Dir(f.path)
		for _, name := range []string{filepath.Join(dir, link), filepath.Join(dir, ".debug", link), filepath.Join(debugDirectory, dir, link)} {
			if name != f.path && checksum(root+name) == sum {
				if d := openRegular(root + name); d != nil {
					return d
				}
			}
		}
	}
	return nil
}

// BuildID is the number that the linker gave the file (NT_GNU_BUILD_ID), or nil.
func (f *File) BuildID() []byte {
	_, note, ok := f.Section(".note.gnu.build-id")
	const header = 16 // three words and "GNU\0"
	if !ok || len(note) < header || f.elf.ByteOrder.Uint32(note) != 4 || string(note[12:16]) != "GNU\x00" {
		return nil
	}
	size := f.elf.ByteOrder.Uint32(note[4:])
	if uint64(size) > uint64(len(note)-header) {
		return nil
	}
	return note[header : header+size]
}

// debugLink reads .gnu_debuglink: a name, padded to four bytes, and a checksum.
func (f *File) debugLink() (name string, sum uint32, ok bool) {
	_, data, ok := f.Section(".gnu_debuglink")
	end := bytes.IndexByte(data, 0)
	if at := (end + 4) &^ 3; ok && end > 0 && at+4 <= len(data) {
		// Only a name, no path: a program does not choose which file we open.
		return filepath.Base(string(data[:end])), f.elf.ByteOrder.Uint32(data[at:]), true
	}
	return "", 0, false
}

// checksum is that of debug links; 0 for what cannot be read.
func checksum(name string) uint32 {
	file, err := regular(name)
	if err != nil {
		return 0
	}
	defer file.Close()
	h := crc32.NewIEEE()
	if _, err := io.Copy(h, file); err != nil {
		return 0
	}
	return h.Sum32()
}

// openRegular opens an ELF file, or returns nil.
func openRegular(name string) *File {
	file, err := regular(name)
	if err != nil {
		return nil
	}
	f, err := Open(file, name)
	if err != nil {
		file.Close()
		return nil
	}
	f.closer = file
	return f
}

// regular opens a file for reading that is no device, which might do something,
// and no FIFO, which might wait.
func regular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "open", Path: name, Err: syscall.EINVAL}
	}
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
}

// withSection is the file itself, or its debug file, whichever has the section.
func (f *File) withSection(names ...string) *File {
	for _, x := range []*File{f, f.debug()} {
		for _, name := range names {
			if x == nil {
				continue
			}
			if s := x.elf.Section(name); s != nil && s.Type != elf.SHT_NOBITS {
				return x
			}
		}
	}
	return nil
}
