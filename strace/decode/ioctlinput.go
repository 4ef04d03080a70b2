package decode

// Requests to input devices (linux/input.h). Many of their numbers contain a size, an
// axis or a kind of event.

var inputRequests = map[string]ioctlArg{
	"EVIOCGVERSION": ioctlOut((*Decoder).inHex32), "EVIOCGEFFECTS": ioctlOut((*Decoder).inUint),
	"EVIOCGID":  ioctlOut(structAt(8, layout{u16("bustype"), u16("vendor"), u16("product"), u16("version")})),
	"EVIOCGREP": ioctlOut((*Decoder).inPair32), "EVIOCSREP": ioctlIn((*Decoder).inPair32),
	"EVIOCGKEYCODE": ioctlOut((*Decoder).inputKeycode), "EVIOCSKEYCODE": ioctlIn((*Decoder).inputKeycode),
	"EVIOCGKEYCODE_V2": ioctlOut(structAt(40, inputKeymap)), "EVIOCSKEYCODE_V2": ioctlIn(structAt(40, inputKeymap)),
	"EVIOCRMFF": ioctlIn(intValue), "EVIOCGRAB": ioctlIn(ulongValue), "EVIOCREVOKE": ioctlIn(ulongValue),
	"EVIOCSCLOCKID": ioctlIn((*Decoder).inUint), "EVIOCSFF": ioctlIn((*Decoder).forceEffect),
}

var inputKeymap = layout{u8("flags"), u8("len"), rest(u16("index"), enum32("keycode", &evKeys),
	several("scancode", 32, func(d *Decoder, f *fields) { d.hex(f.u8()) }))}

func (d *Decoder) inHex32(addr uint64) {
	d.bracketed(addr, 4, func(f *fields) { d.hex(f.u32()) })
}

func (d *Decoder) inPair32(addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		d.elements(2, func() { d.udec(f.u32()) })
	}
}

func (d *Decoder) inputKeycode(addr uint64) {
	d.bracketed(addr, 8, func(f *fields) {
		d.udec(f.u32())
		d.comma()
		d.constant(f.u32(), &evKeys)
	})
}

// The numbers of requests with a part that varies.
const (
	inputType = 'E'

	inputName, inputPhys, inputUniq, inputProp, inputSlots = 0x06, 0x07, 0x08, 0x09, 0x0a
	inputKey, inputLED, inputSound, inputSwitch            = 0x18, 0x19, 0x1a, 0x1b

	inputBits, inputBitsLast       = 0x20, 0x3f
	inputAxis, inputAxisLast       = 0x40, 0x7f
	inputSetAxis, inputSetAxisLast = 0xc0, 0xff
)

// sizedInputRequests are the names of numbers that contain a size.
var sizedInputRequests = map[uint64]string{
	inputName: "EVIOCGNAME", inputPhys: "EVIOCGPHYS", inputUniq: "EVIOCGUNIQ", inputProp: "EVIOCGPROP",
	inputSlots: "EVIOCGMTSLOTS", inputKey: "EVIOCGKEY", inputLED: "EVIOCGLED", inputSound: "EVIOCGSND",
	inputSwitch: "EVIOCGSW",
}

// inputRequestName prints a number that has a part that varies.
func (d *Decoder) inputRequestName(r request) bool {
	switch {
	case r.direction == iocWrite && r.nr >= inputSetAxis:
		d.s("EVIOCSABS(")
		d.constantInName(r.nr-inputSetAxis, &evAbsolute)
	case r.direction != iocRead:
		return false
	case r.nr >= inputBits && r.nr <= inputBitsLast:
		d.s("EVIOCGBIT(")
		if r.nr == inputBits {
			d.c1('0')
		} else {
			d.constantInName(r.nr-inputBits, &evTypes)
		}
		d.comma()
		d.udec(r.size)
	case r.nr >= inputAxis && r.nr <= inputAxisLast:
		d.s("EVIOCGABS(")
		d.constantInName(r.nr-inputAxis, &evAbsolute)
	default:
		return d.sizedName(sizedInputRequests, r)
	}
	d.c1(')')
	return true
}

// inputRequest is how the argument of such a number is printed.
func inputRequest(r request) (ioctlArg, bool) {
	switch {
	case r.direction == iocWrite && r.nr >= inputSetAxis:
		return ioctlIn(func(d *Decoder, addr uint64) { d.inputAxisInfo(addr, r.size) }), true
	case r.direction != iocRead:
		return ioctlArg{}, r.direction == iocWrite
	case r.nr >= inputAxis && r.nr <= inputAxisLast:
		return ioctlOut(func(d *Decoder, addr uint64) { d.inputAxisInfo(addr, r.size) }), true
	case r.nr >= inputBits && r.nr <= inputBitsLast:
		return inputEventBits(r.nr - inputBits), true
	}
	switch r.nr {
	case inputName, inputPhys, inputUniq:
		return ioctlOut(func(d *Decoder, addr uint64) {
			if d.c.IsError {
				d.addr(addr)
			} else {
				d.data(addr, uint64(d.c.Result), 0)
			}
		}), true
	case inputProp:
		return inputBitset(&evProperties, 0x1f), true
	case inputSound:
		return inputBitset(&evSounds, 0x7), true
	case inputSwitch:
		return inputBitset(&evSwitches, 0x10), true
	case inputKey:
		return inputBitset(&evKeys, 0x2ff), true
	case inputLED:
		return inputBitset(&evLEDs, 0xf), true
	case inputSlots:
		return ioctlOut(func(d *Decoder, addr uint64) { d.inputSlots(addr, r.size/4) }), true
	}
	return ioctlOut((*Decoder).addr), true
}

// inputEventBits are the bits of one kind of event, of which each kind has a largest.
func inputEventBits(kind uint64) ioctlArg {
	const power = 0x16
	switch kind {
	case 0x00:
		return inputBitset(&evTypes, 0x1f)
	case 0x01:
		return inputBitset(&evKeys, 0x2ff)
	case 0x02:
		return inputBitset(&evRelative, 0x0f)
	case 0x03:
		return inputBitset(&evAbsolute, 0x3f)
	case 0x04:
		return inputBitset(&evMisc, 0x07)
	case 0x05:
		return inputBitset(&evSwitches, 0x10)
	case 0x11:
		return inputBitset(&evLEDs, 0x0f)
	case 0x12:
		return inputBitset(&evSounds, 0x07)
	case 0x14:
		return inputBitset(&evRepeat, 0x01)
	case 0x15:
		return inputBitset(&evForce, 0x7f)
	case power:
		return ioctlOut((*Decoder).inInt)
	case 0x17:
		return inputBitset(&evForceStatus, 0x01)
	}
	return ioctlOut((*Decoder).addr)
}

// inputBitset is a set of bits of which the last is most; the result tells how many
// bytes there are.
func inputBitset(n *names, most uint64) ioctlArg {
	return ioctlOut(func(d *Decoder, addr uint64) {
		bits := most
		if d.c.Result >= 0 && uint64(d.c.Result) <= most/8 {
			bits = uint64(d.c.Result) * 8
		}
		word := uint64(d.long())
		size := ((bits+7)/8 + word - 1) / word * word
		if d.c.IsError || size == 0 {
			d.addr(addr)
			return
		}
		f, ok := d.fetch(addr, int(size))
		if !ok {
			return
		}
		d.bitset(f.buf, bits, n)
		if d.opts.Xlat == XlatAbbrev {
			return
		}
		if d.opts.Xlat == XlatVerbose {
			d.s(" /* ")
			defer d.s(" */")
		}
		d.elements(size/word, func() { d.hex(f.size()) })
	})
}

func (d *Decoder) bitset(set []byte, bits uint64, n *names) {
	if d.opts.Xlat == XlatRaw {
		return
	}
	const some = 4
	shown := 0
	d.c1('[')
	for i := range bits {
		if set[i/8]&(1<<(i%8)) == 0 {
			continue
		}
		if shown > 0 {
			d.c1(' ')
		}
		if shown == some && !d.full {
			d.s("...")
			break
		}
		d.constant(i, n)
		shown++
	}
	d.c1(']')
}

// inputAxisInfo prints struct input_absinfo, which had no resolution once: size is the
// caller's.
func (d *Decoder) inputAxisInfo(addr, size uint64) {
	const old, now = 20, 24
	if size < old {
		d.addr(addr)
		return
	}
	f, ok := d.fetch(addr, int(min(size, now)))
	if !ok {
		return
	}
	d.c1('{')
	d.members(&f, layout{u32("value"), u32("minimum")})
	if !d.full {
		d.s(", ...}")
		return
	}
	d.members(&f, layout{u32("maximum"), u32("fuzz"), u32("flat")})
	if size >= now {
		d.members(&f, layout{u32("resolution")})
	}
	if size != now && size != old {
		d.s(", ...")
	}
	d.c1('}')
}

// inputSlots is what is asked of all contacts, and the answers.
func (d *Decoder) inputSlots(addr, n uint64) {
	if n == 0 {
		d.addr(addr)
		return
	}
	f, ok := d.fetch(addr, 4)
	if !ok {
		return
	}
	d.s("{code=")
	d.constant(f.u32(), &evSlots)
	d.s(", values=")
	d.array(addr+4, n-1, 4, (*Decoder).arrayInt)
	d.c1('}')
}

var (
	forceEnvelope = layout{u16("attack_length"), u16("attack_level"), u16("fade_length"), x16("fade_level")}
	forceEffects  = map[uint64]member{
		0x50: group("rumble", u16("strong_magnitude"), u16("weak_magnitude")),
		0x51: group("periodic", u16("waveform"), u16("period"), i16("magnitude"), i16("offset"), u16("phase"),
			group("envelope", forceEnvelope...), u32("custom_len"), pointerWord("custom_data")),
		0x52: group("constant", i16("level"), group("envelope", forceEnvelope...)),
		0x57: group("ramp", i16("start_level"), i16("end_level"), group("envelope", forceEnvelope...)),
	}
)

// forceEffect prints struct ff_effect, whose last part depends on the type.
func (d *Decoder) forceEffect(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(48, 44))
	if !ok {
		return
	}
	kind := f.u16()
	d.s("{type=")
	d.constant(kind, &evForce)
	d.members(&f, layout{i16("id"), u16("direction")})
	if !d.full {
		d.s(", ...}")
		return
	}
	d.members(&f, layout{group("trigger", u16("button"), u16("interval")), group("replay", u16("length"), u16("delay"))})
	f.off = (f.off + f.long - 1) &^ (f.long - 1)
	if effect, ok := forceEffects[kind]; ok {
		d.members(&f, layout{effect})
	}
	d.c1('}')
}
