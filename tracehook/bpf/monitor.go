package bpf

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"

	"github.com/utrace/utrace/tracehook"
)

// Monitor makes observers that are programs in the kernel. The zero value
// observes all calls and copies no memory. It must not be changed once it is in
// use.
type Monitor struct {
	// Room is the size of the buffer between the kernel and the handler, in
	// bytes: 0 for 32 MiB. It is rounded up to a power of two.
	Room int
	// Calls says for each call what to report; nil reports all. Numbers
	// that no call has are asked for, too.
	Calls func(abi ABI, nr int) Call
	// Usage has the processor time measured that threads use in calls, for
	// Event.SystemTime. It costs something at each switch of threads.
	Usage bool
	// Cgroup is the directory of a cgroup (version 2) whose members, to any
	// depth, are observed with Interest from the first event of theirs.
	Cgroup   string
	Interest tracehook.Interest

	once  sync.Once
	plans []byte
	err   error
}

// Name is "ebpf".
func (m *Monitor) Name() string { return "ebpf" }

const defaultRoom = 32 << 20

// NewObserver loads the programs and attaches them: from now on every system
// call of the machine takes some 0.2 µs longer, until Close, most of which any program
// on these tracepoints costs. The error says which right or which part of the kernel
// is missing.
func (m *Monitor) NewObserver(h tracehook.Handler) (tracehook.Observer, error) {
	if h == nil {
		return nil, fmt.Errorf("ebpf: an observer needs a handler: %w", tracehook.ErrInvalid)
	}
	m.once.Do(m.encode)
	if m.err != nil {
		return nil, m.err
	}
	o := &Observer{handler: h, subjects: make(map[uint64]*subject), ids: make(map[int]*subject), woken: make(chan struct{})}
	o.users.Store(1)
	if err := o.load(m); err != nil {
		o.detach()
		o.release()
		return nil, explain(err)
	}
	return o, nil
}

// encode writes the table of calls.
func (m *Monitor) encode() {
	m.plans = make([]byte, abis*callsPerABI*planSize)
	for abi := Native; abi < abis; abi++ {
		for nr := range callsPerABI {
			var c Call
			if m.Calls != nil {
				c = m.Calls(abi, nr)
			}
			at := (int(abi)*callsPerABI + nr) * planSize
			if err := c.encode(m.plans[at : at+planSize]); err != nil {
				m.err = fmt.Errorf("ebpf: call %d of ABI %d: %w", nr, abi, err)
				return
			}
		}
	}
}

const abis = X32 + 1

// initialNamespace is the inode of the first PID namespace (PROC_PID_INIT_INO
// in include/linux/proc_ns.h).
const initialNamespace = 0xeffffffc

// load puts the programs into the kernel.
func (o *Observer) load(m *Monitor) error {
	if len(object) == 0 {
		return errArchitecture
	}
	// Before Linux 5.11 maps count as locked memory.
	if err := rlimit.RemoveMemlock(); err != nil {
		return err
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		return err
	}
	room := defaultRoom
	if m.Room > 0 {
		for room = os.Getpagesize(); room < m.Room; room *= 2 {
		}
	}
	if !m.Usage {
		delete(spec.Programs, "sched_switch")
	}
	processors, err := ebpf.PossibleCPU()
	if err != nil {
		return err
	}
	spec.Maps["scratches"].MaxEntries = uint32(processors)
	spec.Maps["records"].MaxEntries = uint32(room)
	var ns syscall.Stat_t
	if err := syscall.Stat("/proc/self/ns/pid", &ns); err != nil {
		return err
	}
	if ns.Ino != initialNamespace {
		if err := spec.Variables["namespace"].Set(uint32(ns.Ino)); err != nil {
			return err
		}
	}
	if err := spec.Variables["owner"].Set(uint32(os.Getpid())); err != nil {
		return err
	}
	if m.Cgroup != "" {
		spec.Variables["by_cgroup"].Set(uint32(1))
		spec.Variables["cgroup_interest"].Set(bits(m.Interest))
	}
	if o.kernel, err = ebpf.NewCollection(spec); err != nil {
		return err
	}
	if err := o.fill(m); err != nil {
		return err
	}
	return o.attach(m)
}

// fill writes the tables.
func (o *Observer) fill(m *Monitor) error {
	keys := make([]uint32, abis*callsPerABI)
	plans := make([][planSize]byte, len(keys))
	for i := range keys {
		keys[i] = uint32(i)
		plans[i] = [planSize]byte(m.plans[i*planSize:])
	}
	if _, err := o.kernel.Maps["calls"].BatchUpdate(keys, plans, nil); err != nil {
		return err
	}
	if m.Cgroup == "" {
		return nil
	}
	dir, err := os.Open(m.Cgroup)
	if err != nil {
		return err
	}
	defer dir.Close()
	err = o.kernel.Maps["cgroups"].Update(uint32(0), uint32(dir.Fd()), ebpf.UpdateAny)
	if errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("%s is no directory of a cgroup (version 2): %w", m.Cgroup, err)
	}
	return err
}

// attach has the programs run. The ends of threads come first, so that no
// thread is observed whose end is not.
func (o *Observer) attach(m *Monitor) error {
	names := []string{"sched_process_free", "sched_process_exit", "sched_process_exec",
		"signal_deliver", "signal_generate", "task_newtask", "sys_exit", "sys_enter"}
	if m.Usage {
		names = append([]string{"sched_switch"}, names...)
	}
	for _, name := range names {
		l, err := link.AttachTracing(link.TracingOptions{Program: o.kernel.Programs[name]})
		if err != nil {
			return fmt.Errorf("tracepoint %s: %w", name, err)
		}
		o.links = append(o.links, l)
	}
	iter, err := link.AttachIter(link.IterOptions{Program: o.kernel.Programs["observe"]})
	if err != nil {
		return err
	}
	o.iter = iter
	return o.openRing()
}
