package api

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// SystemSocket is where an owner for all users listens, as the units in
// contrib/systemd have it.
const SystemSocket = "/run/utrace/owner"

// SocketPath is where the owner of this user listens:
// $XDG_RUNTIME_DIR/utrace/owner (if that directory is this user's: with "sudo -E" it
// is not), else /run/user/UID/utrace/owner, else
// /tmp/utrace-UID/owner. UTRACE_SOCKET overrides it; where the owner is one for
// the whole system, it is [SystemSocket].
func SocketPath() string {
	if path := os.Getenv("UTRACE_SOCKET"); path != "" {
		return path
	}
	if info, err := os.Stat(SystemSocket); err == nil && info.Mode().Type() == os.ModeSocket {
		return SystemSocket
	}
	const name = "utrace/owner"
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && !othersDirectory(dir) {
		return filepath.Join(dir, name)
	}
	dir := fmt.Sprintf("/run/user/%d", os.Getuid())
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return filepath.Join(dir, name)
	}
	return fmt.Sprintf("/tmp/utrace-%d/owner", os.Getuid())
}

// othersDirectory reports whether a directory is another user's.
func othersDirectory(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) != os.Getuid()
}

// Place checks that there can be an owner's socket at a path, as far as its directory
// is concerned, which must be there.
func Place(path string) error {
	if len(path) >= len(syscall.RawSockaddrUnix{}.Path) { // unix(7)
		return fmt.Errorf("the path of the owner's socket is too long, set UTRACE_SOCKET: %s: %w", path, syscall.ENAMETOOLONG)
	}
	return Private(filepath.Dir(path))
}

// Private checks, of the directory of a socket, that nobody else can put a socket of his own into the
// directory, which under /tmp he might have made before us.
func Private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || st.Uid != 0 && int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%w: %s is not a directory that only this user, or root, can write; set UTRACE_SOCKET to a path in one that is", syscall.EPERM, dir)
	}
	return nil
}
