package decode

import "strconv"

const (
	ptTraceme, ptPeektext, ptPeekdata, ptPeekuser   = 0, 1, 2, 3
	ptPokeuser, ptCont, ptKill, ptSinglestep        = 6, 7, 8, 9
	ptGetregs, ptSetregs, ptGetfpregs, ptSetfpregs  = 12, 13, 14, 15
	ptAttach, ptDetach, ptOldSetoptions, ptSyscall  = 16, 17, 21, 24
	ptSysemu, ptSysemuSinglestep, ptSingleblock     = 31, 32, 33
	ptSetoptions, ptGeteventmsg, ptGetsiginfo       = 0x4200, 0x4201, 0x4202
	ptSetsiginfo, ptGetregset, ptSetregset, ptSeize = 0x4203, 0x4204, 0x4205, 0x4206
	ptInterrupt, ptListen, ptPeeksiginfo            = 0x4207, 0x4208, 0x4209
	ptGetsigmask, ptSetsigmask, ptGetSyscallInfo    = 0x420a, 0x420b, 0x420e
	ptSeccompGetFilter, ptSeccompGetMetadata        = 0x420c, 0x420d
)

// ptrace is the whole of that call.
func ptrace(d *Decoder) bool {
	req, pid := d.size(d.next()), int32(d.next())
	addr, data := d.size(d.next()), d.size(d.next())
	if d.exiting {
		d.ptraceExit(req, addr, data)
		return true
	}
	d.constant(req, &ptraceRequests)
	if req == ptTraceme {
		return true
	}
	d.comma()
	d.pid(pid)
	switch req {
	case ptAttach, ptKill, ptInterrupt, ptListen:
		return true
	case ptGetregs, ptGetfpregs:
		d.comma()
		return false
	case ptSetregs:
		d.comma()
		d.generalRegisters(data, generalSize)
		return true
	case ptSetfpregs:
		d.comma()
		d.floatRegisters(data, floatSize)
		return true
	}
	d.comma()
	switch req {
	case ptPeekuser, ptPokeuser:
		d.userOffset(addr)
	case ptGetregset, ptSetregset:
		d.constant(addr, &noteTypes)
	case ptPeeksiginfo:
		d.peeksiginfoArgs(addr)
	case ptGetsigmask, ptSetsigmask, ptGetSyscallInfo, ptSeccompGetFilter, ptSeccompGetMetadata:
		d.udec(addr)
	default:
		d.addr(addr)
	}
	d.comma()
	switch req {
	case ptCont, ptSinglestep, ptDetach, ptSyscall, ptSysemu, ptSysemuSinglestep, ptSingleblock:
		d.signal(int32(data))
	case ptSetoptions, ptOldSetoptions, ptSeize:
		d.flags(data, &ptraceOptions)
	case ptSetsiginfo:
		d.siginfoAt(data)
	case ptSetsigmask:
		d.sigset(data, addr)
	case ptSeccompGetMetadata:
		return d.filterMetadata(addr, data)
	case ptPeektext, ptPeekdata, ptPeekuser, ptGeteventmsg, ptGetsiginfo, ptGetsigmask, ptPeeksiginfo, ptGetSyscallInfo:
		return false
	case ptGetregset, ptSetregset:
		d.saveVectorLength(data)
		return false
	default:
		d.addr(data)
	}
	return true
}

func (d *Decoder) ptraceExit(req, addr, data uint64) {
	failed := d.c.IsError
	switch req {
	case ptPeektext, ptPeekdata, ptPeekuser:
		if f, ok := d.fetch(data, d.kernelLong()); ok {
			d.c1('[')
			d.hex(f.kulong())
			d.c1(']')
		}
	case ptGeteventmsg:
		if f, ok := d.fetch(data, d.kernelLong()); ok {
			d.c1('[')
			d.udec(f.kulong())
			d.c1(']')
		}
	case ptGetsiginfo:
		d.siginfoAt(data)
	case ptGetsigmask:
		d.sigset(data, addr)
	case ptPeeksiginfo:
		d.siginfos(data, uint64(max(d.c.Result, 0)))
	case ptGetregset, ptSetregset:
		d.evenAfterError(func() { d.registerVector(addr, data, req == ptSetregset, failed) })
	case ptGetregs:
		d.generalRegisters(data, generalSize)
	case ptGetfpregs:
		d.floatRegisters(data, floatSize)
	case ptGetSyscallInfo:
		d.syscallInfo(data, min(addr, uint64(max(d.c.Result, 0))))
	case ptSeccompGetMetadata:
		d.filterMetadataExit(addr, data)
	default:
		d.addr(data)
	}
}

func (d *Decoder) peeksiginfoArgs(addr uint64) {
	if f, ok := d.fetch(addr, 16); ok {
		d.s("{off=")
		d.udec(f.u64())
		d.s(", flags=")
		d.flags(f.u32(), &peeksiginfoFlags)
		d.field("nr", f.i32())
		d.c1('}')
	}
}

// userOffset prints an offset into struct user by the name of the register.
func (d *Decoder) userOffset(addr uint64) {
	regs, word := userRegs64[:], uint64(8)
	if d.c.ABI.WordSize == 4 {
		regs, word = userRegs32[:], 4
	}
	i := addr / word
	if i >= uint64(len(regs)) {
		d.hex(addr)
		return
	}
	if word == 8 {
		d.s("8*")
	} else {
		d.s("4*")
	}
	d.s(regs[i])
	if rest := addr % word; rest != 0 {
		d.out = strconv.AppendUint(append(d.out, '+'), rest, 10)
	}
}

// The registers at the start of struct user, by word.
var (
	userRegs64 = [...]string{
		"R15", "R14", "R13", "R12", "RBP", "RBX", "R11", "R10", "R9", "R8", "RAX", "RCX", "RDX", "RSI",
		"RDI", "ORIG_RAX", "RIP", "CS", "EFLAGS", "RSP", "SS", "FS_BASE", "GS_BASE", "DS", "ES", "FS", "GS",
	}
	userRegs32 = [...]string{
		"EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "EAX", "XDS", "XES", "XFS", "XGS", "ORIG_EAX", "EIP",
		"XCS", "EFL", "UESP", "XSS",
	}
)

// noteTypes name register sets (linux/elf.h).
var noteTypes = names{"NT_???", []name{
	{1, "NT_PRSTATUS"}, {2, "NT_FPREGSET"}, {3, "NT_PRPSINFO"}, {4, "NT_TASKSTRUCT"}, {6, "NT_AUXV"},
	{0x53494749, "NT_SIGINFO"}, {0x46494c45, "NT_FILE"}, {0x46e62b7f, "NT_PRXFPREG"},
	{0x200, "NT_386_TLS"}, {0x201, "NT_386_IOPERM"}, {0x202, "NT_X86_XSTATE"},
	{0x400, "NT_ARM_VFP"}, {0x401, "NT_ARM_TLS"}, {0x402, "NT_ARM_HW_BREAK"}, {0x403, "NT_ARM_HW_WATCH"},
	{0x404, "NT_ARM_SYSTEM_CALL"}, {0x405, "NT_ARM_SVE"},
}}
