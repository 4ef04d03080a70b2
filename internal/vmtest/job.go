package vmtest

import "time"

// Job is a program that a guest runs. The guest's init reads a list of them in
// JSON.
type Job struct {
	Name string
	// Dir is the working directory, Argv the program with its arguments.
	Dir  string
	Argv []string
	// Env is added to the guest's environment.
	Env []string
	// Limit is how long the job may take; the guest kills it then.
	Limit time.Duration
}

// Result is how a job ended.
type Result struct {
	Name string
	// Output is what it wrote to its standard output and error.
	Output []byte
	// Status is the exit status, 128 and the number of a signal if that killed
	// it, or -1 if it did not come to its end.
	Status int
	// Elapsed is how long it took by the guest's clock.
	Elapsed time.Duration
	// Err says why there is no status.
	Err error
}

// The lines by which init speaks to us begin with Mark and a word that was
// given to it on the kernel's command line, so that no output of a program can
// be taken for one of them.
const Mark = "\x1evmtest"

// Where things are in a guest.
const (
	JobsFile  = "/vmtest/jobs.json"
	ActorPath = "/vmtest/actor"
	// SourceDir is where directories of the source tree are.
	SourceDir = "/src"
)

// EnvGuest is set, to the guest's name, in the environment of all jobs.
const EnvGuest = "UTRACE_GUEST"
