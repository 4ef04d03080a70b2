package ptrace

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/utrace/utrace/regset"
)

// traceeFeatures are those that probeTracee answers.
var traceeFeatures = [...]FeatureID{SyscallInfoGet, SyscallInfoSet, InstructionStep, BlockStep, SyscallEmulation,
	SeccompSuspension, RegisterSets, VectorMemory, ProcessPidfd, ThreadPidfd}

// probeTracee tries what needs a tracee, on a child of its own.
func probeTracee(f *[featureCount]Feature) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		// A tracee belongs to an OS thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		child, err := startProbeChild(0)
		if err == nil {
			defer child.end()
			err = child.interrupt()
		}
		if err != nil {
			for _, id := range traceeFeatures {
				f[id].missing(err, "cannot trace a child of our own: "+err.Error())
			}
			return
		}
		f[VectorMemory].outcome(child.readsOurCopy())
		f[RegisterSets].outcomeOf(child.registerSets())
		f[ProcessPidfd].outcome(probePidfd(child.pid, 0))
		f[ThreadPidfd].outcome(probePidfd(child.pid, unix.PIDFD_THREAD))
		f[SeccompSuspension].outcome(child.suspendSeccomp())
		f[InstructionStep].outcome(child.restart(SingleStep))
		f[BlockStep].outcomeOf(child.blockStep())
		f[SyscallInfoGet].outcome(child.getSyscallInfo())
		f[SyscallInfoSet].outcome(child.setSyscallInfo())
		f[SyscallEmulation].outcome(child.sysemu())
	}()
	<-done
}

func probePidfd(pid, flags int) error {
	fd, err := unix.PidfdOpen(pid, flags)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// registerSets lists those that this machine has.
func (c probeChild) registerSets() (string, error) {
	var buf [16 << 10]byte
	var found []string
	var first error
	for _, set := range regset.Native().Sets {
		n, err := GetRegset(c.pid, uint32(set.Note), buf[:])
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		found = append(found, fmt.Sprintf("%v %d bytes", set.Note, n))
	}
	if len(found) == 0 {
		return first.Error(), first
	}
	return strings.Join(found, ", "), nil
}

// suspendSeccomp sets the option and takes it back. The kernel wants
// CAP_SYS_ADMIN in the initial namespace and no filter on the tracer itself.
func (c probeChild) suspendSeccomp() error {
	const options = OptSyscallGood | OptExitKill
	if err := SetOptions(c.pid, options|OptSuspendSeccomp); err != nil {
		return err
	}
	return SetOptions(c.pid, options)
}

// blockStep tells a real block step from one that the kernel accepts but the
// processor (most often a virtual one, without DEBUGCTL.BTF) does as a single
// step: it goes around the child's loop in both ways and counts the stops.
func (c probeChild) blockStep() (string, error) {
	if err := c.restart(SingleBlock); err != nil {
		return err.Error(), err
	}
	// Now at the start of a block, if there is such a thing.
	blocks, err := c.round(SingleBlock)
	if err != nil {
		return err.Error(), err
	}
	instructions, err := c.round(SingleStep)
	if err != nil {
		return err.Error(), err
	}
	if blocks >= instructions {
		return "accepted, but stops after every instruction", syscall.EOPNOTSUPP
	}
	return fmt.Sprintf("%d stops for %d instructions", blocks, instructions), nil
}

// round counts the stops until the program counter is where it is now.
func (c probeChild) round(request func(tid, sig int) error) (int, error) {
	const limit = 1000 // the loop has less than a hundred instructions
	start, err := c.pc()
	if err != nil {
		return 0, err
	}
	for n := 1; n <= limit; n++ {
		if err := c.restart(request); err != nil {
			return 0, err
		}
		pc, err := c.pc()
		if err != nil || pc == start {
			return n, err
		}
	}
	return 0, syscall.EDEADLK
}

// getSyscallInfo leaves the child at a system call entry.
func (c probeChild) getSyscallInfo() error {
	var info SyscallInfo
	for range 3 { // the first stops may finish an earlier call
		if err := c.restart(Syscall); err != nil {
			return err
		}
		if _, err := GetSyscallInfo(c.pid, &info); err != nil {
			return err
		}
		if info.Op == SyscallEntry && info.Nr() == unix.SYS_GETPPID {
			return nil
		}
	}
	return syscall.EIO
}

// setSyscallInfo changes the call of an entry stop to one whose result is
// known, and looks at what comes out.
func (c probeChild) setSyscallInfo() error {
	var info SyscallInfo
	if _, err := GetSyscallInfo(c.pid, &info); err != nil {
		return err
	}
	info.SetNr(unix.SYS_GETPID)
	if err := SetSyscallInfo(c.pid, &info); err != nil {
		return err
	}
	if err := c.restart(Syscall); err != nil {
		return err
	}
	if _, err := GetSyscallInfo(c.pid, &info); err != nil {
		return err
	}
	if info.Op != SyscallExit || info.Result() == int64(unix.Getpid()) {
		return syscall.EIO // it was getppid all the same
	}
	return nil
}

// sysemu checks that two stops in a row are entries.
func (c probeChild) sysemu() error {
	for range 2 {
		if err := c.restart(Sysemu); err != nil {
			return err
		}
	}
	var info SyscallInfo
	if _, err := GetSyscallInfo(c.pid, &info); err != nil {
		return err
	}
	if info.Op != SyscallEntry {
		return syscall.EIO
	}
	return nil
}
