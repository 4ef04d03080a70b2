package symbol

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
)

// Files keeps ELF files open that processes map, each once, however many map
// it. The zero value is ready; it may be used from any goroutine.
type Files struct {
	mu   sync.Mutex
	open map[identity]*File
}

// identity tells whether a file is the same, unchanged.
type identity struct {
	dev, inode   uint64
	size         int64
	sec, nanosec int64
}

// Close closes all the files.
func (s *Files) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range s.open {
		errs = append(errs, f.Close())
	}
	s.open = nil
	return errors.Join(errs...)
}

// mapped opens the file of a mapping.
func (s *Files) mapped(pid int, m *procfs.Mapping) (*File, error) {
	file, err := openMapped(pid, m)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	stat := info.Sys().(*syscall.Stat_t)
	id := identity{uint64(stat.Dev), stat.Ino, stat.Size, int64(stat.Mtim.Sec), int64(stat.Mtim.Nsec)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.open[id]; f != nil {
		file.Close()
		return f, nil
	}
	f, err := Open(file, m.Path)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.closer = file
	f.roots = []string{fmt.Sprintf("/proc/%d/root", pid), ""}
	if s.open == nil {
		s.open = make(map[identity]*File)
	}
	s.open[id] = f
	return f, nil
}

// openMapped opens the very file that is mapped: also if it was deleted or
// replaced, or is in another mount namespace. map_files leads there, but only
// for the privileged (proc_pid_map_files(5)); else the path is tried in the file
// system of the process, if it still leads to that file.
func openMapped(pid int, m *procfs.Mapping) (*os.File, error) {
	file, err := regular(fmt.Sprintf("/proc/%d/map_files/%x-%x", pid, m.Start, m.End))
	if err == nil {
		return file, nil
	}
	for _, name := range []string{fmt.Sprintf("/proc/%d/root%s", pid, m.Path), fmt.Sprintf("/proc/%d/exe", pid)} {
		file, failed := regular(name)
		if failed != nil {
			continue
		}
		// The device is not compared: file systems of several layers show
		// another one in stat(2) than in maps.
		if info, failed := file.Stat(); failed == nil && info.Sys().(*syscall.Stat_t).Ino == m.Inode {
			return file, nil
		}
		file.Close()
	}
	return nil, fmt.Errorf("open %s, which process %d has mapped: %w", m.Path, pid, err)
}
