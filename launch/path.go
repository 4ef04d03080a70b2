package launch

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// LookPath finds the file that a command's name stands for, by the rules of
// strace: a name with a slash is a path; else the directories of PATH are
// searched for a regular file with any execute permission. An empty entry of
// PATH is the working directory, which exec.LookPath refuses. Without PATH
// nothing is found, where execvp(3) would take a default.
//
// The error is an [*Error] with the name as it was given and the reason why
// it cannot be looked at. Whether the file can be executed, exec will say.
func LookPath(name string) (string, error) {
	path := name
	if !strings.Contains(name, "/") {
		path = search(name, os.Getenv("PATH"))
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return "", &Error{Op: opLook, Path: name, Err: err}
	}
	return path, nil
}

// search returns "" if no directory has the file.
func search(name, list string) string {
	if name == "" {
		return ""
	}
	for list != "" {
		// So an empty entry at the end is none: there, execvp(3) differs.
		var dir string
		dir, list, _ = strings.Cut(list, ":")
		if dir == "" {
			wd, err := unix.Getwd()
			if err != nil {
				continue
			}
			dir = wd
		}
		path := strings.TrimSuffix(dir, "/") + "/" + name
		var st unix.Stat_t
		if unix.Stat(path, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG && st.Mode&0o111 != 0 {
			return path
		}
	}
	return ""
}
