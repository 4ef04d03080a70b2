package vptrace

import (
	"encoding/binary"
	"syscall"

	"github.com/utrace/utrace"
)

// Debug registers of powerpc have requests of their own (ppc_set_hwdebug and its
// siblings in arch/powerpc/kernel/ptrace/ptrace-noadv.c). As on x86, each tracer has
// its own, and the core finds them a place in the processor.
const (
	reqDelHWDebug  = 0x87
	reqSetHWDebug  = 0x88
	reqHWDebugInfo = 0x89

	hwInfoSize  = 32 // struct ppc_debug_info
	hwDebugSize = 40 // struct ppc_hw_breakpoint
	hwSlots     = 2  // of POWER10; the kernel refuses what is too many for others
)

// machineRequest serves what only powerpc has.
func (s *Server) machineRequest(c *call, l *link, request int64) (int64, syscall.Errno) {
	addr, data := c.Args[2], c.Args[3]
	switch request {
	case reqHWDebugInfo:
		var b [hwInfoSize]byte
		return 0, s.fetch(c, l, request, addr, b[:], data)
	case reqSetHWDebug:
		var b [hwDebugSize]byte
		if errno := s.get(c, data, b[:]); errno != 0 {
			return 0, errno
		}
		return l.watchFor(b[:])
	case reqDelHWDebug:
		return 0, l.unwatch(data)
	}
	return 0, syscall.EIO
}

// watchFor takes a free slot for a struct ppc_hw_breakpoint, and returns its number.
func (l *link) watchFor(b []byte) (slot int64, errno syscall.Errno) {
	const version, read, write, notSupported = 1, 2, 4, syscall.Errno(524)
	var header [4]uint32 // version, kind of access, kind of address, condition
	for i := range header {
		header[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	p := debugPoint{made: true, enabled: true, addr: binary.LittleEndian.Uint64(b[16:]), size: 1, info: infoAccess}
	if header[1] == write {
		p.info = infoWrite
	}
	switch {
	case header[0] != version:
		return 0, notSupported
	case header[1]&(read|write) == 0, header[1]&^(read|write) != 0, header[2] > 1, header[3] != 0:
		return 0, syscall.EINVAL
	case header[2] == 1:
		p.size = int(binary.LittleEndian.Uint64(b[24:]) - p.addr)
	}
	next := l.debug
	for i := range hwSlots {
		if next.points[i].made {
			continue
		}
		next.points[i] = p
		return int64(i) + 1, errnoOf(l.setDebug(&next), syscall.EINVAL)
	}
	return 0, syscall.ENOSPC
}

// unwatch gives a slot back.
func (l *link) unwatch(slot uint64) syscall.Errno {
	if slot < 1 || slot > hwSlots {
		return syscall.EINVAL
	}
	next := l.debug
	if !next.points[slot-1].made {
		return syscall.ENOENT
	}
	next.points[slot-1] = debugPoint{}
	return errnoOf(l.setDebug(&next), syscall.EINVAL)
}

// struck reports which address a trap is about, if a slot has matched. That one is off
// from then on, and still taken (ptrace_triggered). What a step has met is told as the
// match: the kernel would have stopped the thread for that, before the access.
func (l *link) struck(x *utrace.Trap) (addr uint64, ok bool) {
	next := l.debug
	for i := range next.points {
		if p := &next.points[i]; p.enabled && x.Matched(p.watch()) {
			p.enabled, addr, ok = false, p.addr, true
		}
	}
	if ok {
		_ = l.setDebug(&next) // nothing is added
	}
	return addr, ok
}
