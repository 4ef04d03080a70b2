package decode

// The operations of futex(2).
const (
	futexWait, futexWake, futexFD, futexRequeue  = 0, 1, 2, 3
	futexCmpRequeue, futexWakeOp, futexLockPI    = 4, 5, 6
	futexUnlockPI, futexTrylockPI                = 7, 8
	futexWaitBitset, futexWakeBitset             = 9, 10
	futexWaitRequeuePI, futexCmpRequeuePI        = 11, 12
	futexLockPI2                                 = 13
	futexPrivate, futexClockRealtime, futexFlags = 128, 256, 384
	futexCommand                                 = 127
)

// futex is everything after that call's address.
func futex(k timeKind) kind {
	return func(d *Decoder) bool {
		op, val := uint64(uint32(d.next())), d.next()&0xffffffff
		timeout, addr2, val3 := d.size(d.next()), d.size(d.next()), d.next()&0xffffffff
		d.futexOp(op)
		base := op & futexCommand
		switch base {
		case futexLockPI, futexLockPI2:
			d.comma()
			d.timespecAs(timeout, k)
			return true
		case futexUnlockPI, futexTrylockPI:
			return true
		}
		d.comma()
		d.udec(val)
		switch base {
		case futexWait:
			d.comma()
			d.timespecAs(timeout, k)
		case futexWaitBitset:
			d.comma()
			d.timespecAs(timeout, k)
			d.comma()
			d.futexBitset(val3)
		case futexWake, futexFD:
		case futexWakeBitset:
			d.comma()
			d.futexBitset(val3)
		case futexRequeue, futexCmpRequeue, futexCmpRequeuePI:
			d.comma()
			d.udec(timeout & 0xffffffff)
			d.comma()
			d.addr(addr2)
			if base != futexRequeue {
				d.comma()
				d.udec(val3)
			}
		case futexWakeOp:
			d.comma()
			d.udec(timeout & 0xffffffff)
			d.comma()
			d.addr(addr2)
			d.comma()
			d.futexWakeOp(val3)
		case futexWaitRequeuePI:
			d.comma()
			d.timespecAs(timeout, k)
			d.comma()
			d.addr(addr2)
		default:
			d.comma()
			d.addr(timeout)
			d.comma()
			d.addr(addr2)
			d.comma()
			d.hex(val3)
		}
		return true
	}
}

var futexBitsets = names{"", []name{{0xffffffff, "FUTEX_BITSET_MATCH_ANY"}}}

func (d *Decoder) futexBitset(v uint64) {
	if futexBitsets.find(v) != "" {
		d.constant(v, &futexBitsets)
		return
	}
	d.hex(v)
}

func (d *Decoder) futexOp(op uint64) {
	base := op &^ futexFlags
	text := futexOps.find(base)
	if op&futexClockRealtime != 0 && base != futexWait && base != futexWaitBitset && base != futexWaitRequeuePI {
		text = "" // the others have no clock
	}
	if text == "" || d.opts.Xlat == XlatRaw {
		d.hex(op)
		if text == "" {
			d.comment(futexOps.unknown)
		}
		return
	}
	if d.opts.Xlat == XlatVerbose {
		d.hex(op)
		d.s(" /* ")
	}
	d.s(text)
	switch {
	case op&futexPrivate == 0:
	case base == futexFD: // it has no name of its own
		d.s("|FUTEX_PRIVATE_FLAG")
	default:
		d.s("_PRIVATE")
	}
	if op&futexClockRealtime != 0 {
		d.s("|FUTEX_CLOCK_REALTIME")
	}
	if d.opts.Xlat == XlatVerbose {
		d.s(" */")
	}
}

// futexWakeOp is what FUTEX_WAKE_OP does with the second word, and what it compares it
// with.
func (d *Decoder) futexWakeOp(v uint64) {
	if v>>28&8 != 0 {
		d.futexPart(8, &futexArgument, "<<28")
		d.c1('|')
	}
	d.futexPart(v>>28&7, &futexWakeOps, "<<28")
	d.c1('|')
	d.hex(v >> 12 & 0xfff)
	d.s("<<12|")
	d.futexPart(v>>24&0xf, &futexWakeCmps, "<<24")
	d.c1('|')
	d.hex(v & 0xfff)
}

var futexArgument = names{"", []name{{8, "FUTEX_OP_OPARG_SHIFT"}}}

// futexPart is a constant in some bits; that it is unknown is said behind where it stands.
func (d *Decoder) futexPart(v uint64, n *names, shift string) {
	if n.find(v) != "" {
		d.constant(v, n)
		d.s(shift)
		return
	}
	d.hex(v)
	d.s(shift)
	d.comment(n.unknown)
}
