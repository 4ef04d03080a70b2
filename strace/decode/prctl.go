package decode

// prctl is the whole of that call: how many arguments there are and what they
// are depends on the first.
func prctl(d *Decoder) bool {
	a := &d.c.Args
	op := a[0] & 0xffffffff
	if !d.exiting {
		d.constant(op, &prctlOps)
		return d.prctlEntry(op, a)
	}
	d.prctlExit(op, a)
	return true
}

// rest prints the arguments from number first to the last in hexadecimal.
func (d *Decoder) rest(first int) {
	for _, v := range d.c.Args[first:5] {
		d.comma()
		d.hex(d.size(v))
	}
}

// The operations of prctl(2) that are not printed as numbers.
const (
	prSetPdeathsig, prGetPdeathsig, prGetDumpable, prSetDumpable = 1, 2, 3, 4
	prGetUnalign, prSetUnalign, prGetKeepcaps, prSetKeepcaps     = 5, 6, 7, 8
	prGetFpemu, prSetFpemu, prGetFpexc, prSetFpexc               = 9, 10, 11, 12
	prGetTiming, prSetTiming, prSetName, prGetName               = 13, 14, 15, 16
	prGetEndian, prSetEndian, prGetSeccomp, prSetSeccomp         = 19, 20, 21, 22
	prCapbsetRead, prCapbsetDrop, prGetTsc, prSetTsc             = 23, 24, 25, 26
	prGetSecurebits, prSetSecurebits                             = 27, 28
	prSetTimerslack, prGetTimerslack                             = 29, 30
	prPerfDisable, prPerfEnable                                  = 31, 32
	prMceKill, prMceKillGet, prSetMM                             = 33, 34, 35
	prSetChildSubreaper, prGetChildSubreaper                     = 36, 37
	prSetNoNewPrivs, prGetNoNewPrivs, prGetTIDAddress            = 38, 39, 40
	prSetTHPDisable, prGetTHPDisable                             = 41, 42
	prSetFPMode, prGetFPMode, prCapAmbient                       = 45, 46, 47
	prSVESetVL, prSVEGetVL                                       = 50, 51
	prGetSpeculation, prSetSpeculation, prPACResetKeys           = 52, 53, 54
	prSetIOFlusher, prGetIOFlusher, prSyscallDispatch            = 57, 58, 59
	prSetTagged, prGetTagged, prPACGetKeys                       = 55, 56, 61
	prPACSetKeys, prSchedCore, prSMESetVL, prSMEGetVL            = 60, 62, 63, 64
	prSetVMA                                                     = 0x53564d41
	prSetPtracer                                                 = 0x59616d61
)

const taskCommLen = 16 // of the names of threads, with the NUL

func (d *Decoder) prctlEntry(op uint64, a *[6]uint64) bool {
	arg2, arg3 := d.size(a[1]), d.size(a[2])
	switch op {
	case prGetKeepcaps, prGetTiming, prPerfDisable, prPerfEnable, prGetTimerslack:
	case prSVEGetVL, prGetFPMode, prSMEGetVL, prGetSecurebits, prGetDumpable, prGetSeccomp,
		prGetPdeathsig, prGetUnalign, prGetFpemu, prGetFpexc, prGetEndian, prGetTsc, prGetName,
		prGetChildSubreaper, prGetTIDAddress:
		return false
	case prSetPdeathsig:
		d.comma()
		if arg2 > 128 {
			d.udec(arg2)
		} else {
			d.signal(int32(arg2))
		}
	case prSetDumpable:
		d.comma()
		d.constant(arg2, &dumpableValues)
	case prSetUnalign:
		d.comma()
		d.flags(arg2, &unalignFlags)
	case prSetKeepcaps, prSetFpemu, prSetFpexc, prSetTiming, prSetEndian, prSetTimerslack,
		prSetChildSubreaper:
		d.comma()
		d.udec(arg2)
	case prSetName:
		d.comma()
		d.threadName(arg2, taskCommLen-1)
	case prSetSeccomp:
		d.comma()
		d.constant(arg2, &seccompModes)
		const strict, filter = 1, 2
		switch arg2 {
		case strict:
		case filter:
			d.comma()
			d.filterProgram(arg3, seccompConstant)
		default:
			d.rest(2)
		}
	case prCapbsetRead, prCapbsetDrop:
		d.comma()
		d.constant(arg2, &capabilities)
	case prSetTsc:
		d.comma()
		d.constant(arg2&0xffffffff, &tscFlags)
	case prSetSecurebits:
		d.comma()
		d.flags(arg2, &securebits)
		return false
	case prMceKill:
		d.comma()
		d.constant(arg2, &mceKillOps)
		d.comma()
		if arg2 == 1 { // PR_MCE_KILL_SET
			d.constant(arg3, &mceKillPolicies)
		} else {
			d.hex(arg3)
		}
		d.rest(3)
	case prMceKillGet, prGetNoNewPrivs, prGetTHPDisable, prGetIOFlusher:
		d.rest(1)
		return op != prMceKillGet
	case prSetMM:
		d.comma()
		d.constant(arg2, &setMMOps)
		d.rest(2)
	case prSetNoNewPrivs, prSetTHPDisable, prSetIOFlusher:
		d.comma()
		d.udec(arg2)
		d.rest(2)
	case prSetFPMode:
		d.comma()
		d.flags(arg2, &fpModes)
	case prCapAmbient:
		d.comma()
		d.constant(arg2, &capAmbientOps)
		d.comma()
		if arg2 >= 1 && arg2 <= 3 { // not PR_CAP_AMBIENT_CLEAR_ALL
			d.constant(arg3, &capabilities)
		} else {
			d.hex(arg3)
		}
		d.rest(3)
	case prGetSpeculation:
		d.comma()
		d.constant(arg2, &specTypes)
		return false
	case prSetSpeculation:
		d.comma()
		d.constant(arg2, &specTypes)
		d.comma()
		switch {
		case specTypes.find(arg2) == "":
			d.hex(arg3)
		default:
			d.constant(arg3, &specSetValues)
		}
	case prPACResetKeys:
		d.comma()
		d.flags(arg2, &pacKeys)
		d.rest(2)
	case prPACSetKeys:
		d.comma()
		d.flags(arg2, &pacEnabledKeys)
		d.comma()
		d.flags(arg3, &pacEnabledKeys)
		d.rest(3)
	case prPACGetKeys, prGetTagged:
		d.rest(1)
		return false
	case prSetTagged:
		d.comma()
		d.hexComment(arg2, d.taggedAddresses)
		d.rest(2)
	case prSetVMA:
		d.setVMA(a)
	case prSyscallDispatch:
		d.comma()
		d.constant(arg2, &dispatchModes)
		d.comma()
		d.hex(arg3)
		d.comma()
		d.hex(d.size(a[3]))
		d.comma()
		d.addr(d.size(a[4]))
	case prSchedCore:
		return d.schedCore(a)
	case prSetPtracer:
		d.comma()
		if int32(arg2) == -1 {
			d.named(-1, "PR_SET_PTRACER_ANY")
		} else {
			d.pid(int32(arg2))
		}
	case prSVESetVL:
		d.comma()
		d.vectorLength(arg2, &sveFlags)
		return false
	case prSMESetVL:
		d.comma()
		d.vectorLength(arg2, &smeFlags)
		return false
	default:
		d.rest(1)
	}
	return true
}

func (d *Decoder) prctlExit(op uint64, a *[6]uint64) {
	arg2 := d.size(a[1])
	switch op {
	case prGetDumpable:
		if !d.c.IsError {
			d.note(func() { d.constant(uint64(d.c.Result), &dumpableValues) })
		}
	case prGetSecurebits:
		d.flagsResult(&securebits)
	case prGetFPMode:
		d.flagsResult(&fpModes)
	case prPACGetKeys:
		d.flagsResult(&pacEnabledKeys)
	case prSVESetVL, prSVEGetVL:
		d.vectorResult(&sveFlags)
	case prSMESetVL, prSMEGetVL:
		d.vectorResult(&smeFlags)
	case prGetTagged:
		d.hexResult = true
		if !d.c.IsError && d.opts.Xlat != XlatRaw {
			d.note(func() { d.taggedAddresses(uint64(d.c.Result)) })
		}
	case prSchedCore:
		if f, ok := d.fetch(d.size(a[4]), 8); ok {
			d.c1('[')
			d.hex(f.u64())
			d.c1(']')
		}
	case prGetSeccomp:
		if !d.c.IsError && d.c.Result != 0 {
			d.note(func() { d.constant(uint64(d.c.Result), &seccompModes) })
		}
	case prMceKillGet:
		if !d.c.IsError {
			d.note(func() { d.constant(uint64(d.c.Result), &mceKillPolicies) })
		}
	case prGetSpeculation:
		if specTypes.find(arg2) != "" && !d.c.IsError {
			if d.c.Result == 0 {
				d.aux = append(d.aux, "PR_SPEC_NOT_AFFECTED"...)
			} else {
				d.hexResult = true
				if v := uint64(d.c.Result); known(v, &specGetValues) {
					d.note(func() { d.flags(v, &specGetValues) })
				}
			}
		}
	case prGetChildSubreaper, prGetEndian, prGetFpemu, prGetFpexc:
		d.comma()
		d.inUint(arg2)
	case prGetPdeathsig:
		d.comma()
		if f, ok := d.fetch(arg2, 4); ok {
			d.c1('[')
			d.signal(int32(f.u32()))
			d.c1(']')
		}
	case prGetUnalign:
		d.comma()
		if f, ok := d.fetch(arg2, 4); ok {
			d.c1('[')
			d.flags(f.u32(), &unalignFlags)
			d.c1(']')
		}
	case prGetTsc:
		d.comma()
		if f, ok := d.fetch(arg2, 4); ok {
			d.c1('[')
			d.constant(f.u32(), &tscFlags)
			d.c1(']')
		}
	case prGetName:
		d.comma()
		if d.c.IsError {
			d.addr(arg2)
		} else {
			d.threadName(arg2, taskCommLen)
		}
	case prGetTIDAddress:
		d.comma()
		d.inPointer(arg2)
	}
}
