//go:build !amd64 && !386 && !ppc64le

package vptrace

import (
	"syscall"

	"github.com/utrace/utrace"
)

// Architectures on which tracers use PTRACE_GETREGSET alone: their kernels answer
// EIO to PTRACE_GETREGS and PTRACE_PEEKUSER.

// Requests. 0 is PTRACE_TRACEME, which is never meant: there is no block step.
const (
	reqGetRegs     = -1
	reqSysemu      = 31
	reqSysemuStep  = 32
	reqSingleBlock = 0
)

// compatArch: no 32-bit program is a virtual tracer.
const compatArch = 0

var blocks map[int64]block

// breakpoints are the instructions that tracers plant: on arm64, brk #0.
var breakpoints = []string{"\x00\x00\x20\xd4"}

func (c *call) userPC() uint64 { return ^uint64(0) }

func (c *call) debugRegister(off uint64) (number uint64, ok bool) { return 0, false }

func (s *Server) machineRequest(c *call, l *link, request int64) (int64, syscall.Errno) {
	return 0, syscall.EIO
}

// struck reports which address a trap is about, if a watch has matched, which stays.
func (l *link) struck(x *utrace.Trap) (addr uint64, ok bool) {
	for _, w := range l.debug.planted {
		if x.Matched(w) {
			return w.Addr, true
		}
	}
	return 0, false
}
