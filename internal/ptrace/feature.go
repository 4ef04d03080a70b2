package ptrace

import (
	"fmt"
	"sync"
)

// FeatureID names something that a kernel has or has not.
type FeatureID uint8

// The features, in the order in which Features lists them.
const (
	SyscallInfoGet    FeatureID = iota // PTRACE_GET_SYSCALL_INFO, Linux 5.3
	SyscallInfoSet                     // PTRACE_SET_SYSCALL_INFO, Linux 6.16
	InstructionStep                    // PTRACE_SINGLESTEP
	BlockStep                          // PTRACE_SINGLEBLOCK that really skips instructions
	SyscallEmulation                   // PTRACE_SYSEMU
	SeccompSuspension                  // PTRACE_O_SUSPEND_SECCOMP
	RegisterSets                       // PTRACE_GETREGSET
	VectorMemory                       // process_vm_readv
	ProcessPidfd                       // pidfd_open of a process, Linux 5.3
	ThreadPidfd                        // pidfd_open of a thread, Linux 6.9
	SeccompUserNotify                  // SECCOMP_RET_USER_NOTIF, Linux 5.0
	UringWaitid                        // IORING_OP_WAITID, Linux 6.7
	ForeignAttach                      // tracing processes that are not our descendants (Yama)
	featureCount
)

// Feature is the answer to one probe.
type Feature struct {
	ID        FeatureID
	Name      string
	Available bool
	// Detail is for people: what exactly was found, or why it is missing.
	Detail string
	// Err is what the kernel said if the feature is missing for an error.
	Err error
}

// String is one line for a report.
func (f Feature) String() string {
	answer := "no"
	if f.Available {
		answer = "yes"
	}
	if f.Detail == "" {
		return f.Name + ": " + answer
	}
	return fmt.Sprintf("%s: %s (%s)", f.Name, answer, f.Detail)
}

// probes is run once, by trying each thing: distributions move features
// between versions, and containers take them away again.
var probes = sync.OnceValue(func() [featureCount]Feature {
	var features [featureCount]Feature
	for i, name := range featureNames {
		features[i] = Feature{ID: FeatureID(i), Name: name}
	}
	probeMachine(&features)
	probeTracee(&features)
	return features
})

var featureNames = [featureCount]string{
	SyscallInfoGet:    "PTRACE_GET_SYSCALL_INFO",
	SyscallInfoSet:    "PTRACE_SET_SYSCALL_INFO",
	InstructionStep:   "single step",
	BlockStep:         "block step",
	SyscallEmulation:  "PTRACE_SYSEMU",
	SeccompSuspension: "PTRACE_O_SUSPEND_SECCOMP",
	RegisterSets:      "register sets",
	VectorMemory:      "process_vm_readv",
	ProcessPidfd:      "pidfd of a process",
	ThreadPidfd:       "pidfd of a thread",
	SeccompUserNotify: "seccomp user notification",
	UringWaitid:       "io_uring waitid",
	ForeignAttach:     "attach to any process of the user",
}

// Features returns the answers of all probes. The first call takes some
// milliseconds and a short-lived child; the answers are kept.
func Features() []Feature {
	all := probes()
	return all[:]
}

// Has reports whether the kernel has a feature.
func Has(id FeatureID) bool {
	return id < featureCount && probes()[id].Available
}

func (f *Feature) found(detail string) {
	f.Available, f.Detail, f.Err = true, detail, nil
}

func (f *Feature) missing(err error, detail string) {
	f.Available, f.Detail, f.Err = false, detail, err
}

// outcome is found or missing, as err says.
func (f *Feature) outcome(err error) {
	if err != nil {
		f.missing(err, err.Error())
		return
	}
	f.found("")
}
