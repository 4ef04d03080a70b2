package decode

// Requests to virtual machines (linux/kvm.h). Registers are those of x86.

var virtualRequests = func() map[string]ioctlArg {
	sregs := structAt(312, virtualSystem)
	registers := structAt(144, virtualRegisters)
	word := func(d *Decoder, arg uint64) { d.hex(arg) }
	machine := ioctlOut(word)
	machine.fd = true
	processor := ioctlBoth(func(d *Decoder, arg uint64) {
		if !d.exiting {
			d.udec(arg & 0xffffffff)
			d.c.saved[0] = 1 // the result is a descriptor
		}
	})
	processor.fd = true
	return map[string]ioctlArg{
		"KVM_CREATE_VM": machine, "KVM_CREATE_VCPU": processor,
		"KVM_RUN":             ioctlOut((*Decoder).virtualRun),
		"KVM_CHECK_EXTENSION": ioctlIn(func(d *Decoder, arg uint64) { d.constant(arg, &kvmCapabilities) }),
		"KVM_SET_USER_MEMORY_REGION": ioctlIn(structAt(32, layout{u32("slot"), flag32("flags", &kvmMemoryFlags),
			x64("guest_phys_addr"), u64("memory_size"), x64("userspace_addr")})),
		"KVM_GET_REGS": ioctlOut(registers), "KVM_SET_REGS": ioctlIn(registers),
		"KVM_GET_SREGS": ioctlOut(sregs), "KVM_SET_SREGS": ioctlIn(sregs),
		"KVM_SET_CPUID2":          ioctlIn((*Decoder).virtualCPUID),
		"KVM_GET_SUPPORTED_CPUID": ioctlOut((*Decoder).virtualCPUID),
		"KVM_GET_EMULATED_CPUID":  ioctlOut((*Decoder).virtualCPUID),
	}
}()

// virtualRun has no argument; why the guest has stopped running is in memory that its
// processor shares with the program (-e kvm=vcpu).
func (d *Decoder) virtualRun(arg uint64) {
	d.hex(arg)
	if d.c.IsError || d.opts.VCPU == nil {
		return
	}
	const runSize, reason = 2352, 8 // struct kvm_run, exit_reason in it
	at, size := d.opts.VCPU(d.c.TID, int32(d.c.Args[0]))
	if size < runSize {
		return
	}
	if f, ok := d.peek(at+reason, 4); ok {
		text := kvmExits.find(f.u32())
		if text == "" {
			text = kvmExits.unknown
		}
		d.aux = append(d.aux, text...)
	}
}

// dots stand for members that are printed in full only (-v).
func dots(l ...member) member {
	return member{"", func(d *Decoder, f *fields) {
		start := len(d.out)
		if d.members(f, l); !d.full {
			d.out = append(d.out[:start], ", ..."...)
		}
	}}
}

var (
	virtualRegisters = layout{x64("rax"), dots(layoutOf(x64, "rbx", "rcx", "rdx", "rsi", "rdi")...), x64("rsp"), x64("rbp"),
		dots(layoutOf(x64, "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")...), x64("rip"), x64("rflags")}
	virtualSystem = layout{virtualSegment("cs"), rest(virtualSegment("ds"), virtualSegment("es"), virtualSegment("fs"),
		virtualSegment("gs"), virtualSegment("ss"), virtualSegment("tr"), virtualSegment("ldt"), virtualTable("gdt"),
		virtualTable("idt"), u64("cr0"), u64("cr2"), u64("cr3"), u64("cr4"), u64("cr8"), u64("efer"), x64("apic_base"),
		member{"interrupt_bitmap", func(d *Decoder, f *fields) { d.elements(4, func() { d.hex(f.u64()) }) }})}
)

func virtualSegment(name string) member {
	return group(name, x64("base"), u32("limit"), u16("selector"), u8("type"), u8("present"), u8("dpl"), u8("db"), u8("s"), u8("l"),
		u8("g"), u8("avl"), pad(2))
}

func virtualTable(name string) member { return group(name, x64("base"), u16("limit"), pad(6)) }

// virtualCPUID is what the processor can do.
func (d *Decoder) virtualCPUID(addr uint64) {
	const header, entry = 8, 40
	f, ok := d.fetch(addr, header)
	if !ok {
		return
	}
	n := f.u32()
	d.s("{nent=")
	d.udec(n)
	d.s(", entries=")
	switch {
	case d.full:
		d.array(addr+header, n, entry, func(d *Decoder, f *fields) {
			d.structure(f, layout{x32("function"), x32("index"), flag32("flags", &kvmCPUIDFlags), x32("eax"), x32("ebx"),
				x32("ecx"), x32("edx")})
		})
	case n != 0:
		d.s("[...]")
	default:
		d.s("[]")
	}
	d.c1('}')
}
