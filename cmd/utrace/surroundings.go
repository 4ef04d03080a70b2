package main

import "strings"

// surroundings is what an owner keeps of the environment of the command that starts it:
// where things are, and how its runtime is to behave. It serves others, too, and outlives
// that command, so it must not be taken for what that one has left behind: who looks for
// such processes (a batch system, a test runner) knows them by a word in the environment.
func surroundings(environ []string) (kept []string) {
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		switch {
		case name == "PATH", name == "HOME", name == "TMPDIR", name == "XDG_RUNTIME_DIR",
			strings.HasPrefix(name, "UTRACE_"), strings.HasPrefix(name, "GO"):
			kept = append(kept, pair)
		}
	}
	return kept
}
