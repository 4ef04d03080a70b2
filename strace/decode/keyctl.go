package decode

// Keys (keyctl(2)).

// keySerial is the number of a key, of which some have names.
func keySerial(d *Decoder) bool { d.keySerial(d.next()); return true }

func (d *Decoder) keySerial(v uint64) {
	v &= 0xffffffff
	if text := keySpecs.find(v); text != "" {
		d.named(int64(int32(v)), text)
		return
	}
	d.dec(int64(int32(v)))
}

// serialField is the number of a key in a structure.
func serialField(name string) member {
	return member{name, func(d *Decoder, f *fields) { d.keySerial(f.u32()) }}
}

// keyctlArgs are the arguments of an operation, each of one register but where
// another one tells its size.
var keyctlArgs = map[uint64][]kind{
	0:  {keySerial, num},                                              // KEYCTL_GET_KEYRING_ID
	1:  {text},                                                        // KEYCTL_JOIN_SESSION_KEYRING
	2:  {keySerial, payload},                                          // KEYCTL_UPDATE
	3:  {keySerial},                                                   // KEYCTL_REVOKE
	4:  {keySerial, id, id},                                           // KEYCTL_CHOWN
	5:  {keySerial, flags(&keyPermissions)},                           // KEYCTL_SETPERM
	6:  {keySerial, keyOut(quoteTrimNUL)},                             // KEYCTL_DESCRIBE
	7:  {keySerial},                                                   // KEYCTL_CLEAR
	8:  {keySerial, keySerial},                                        // KEYCTL_LINK
	9:  {keySerial, keySerial},                                        // KEYCTL_UNLINK
	10: {keySerial, text, text, keySerial},                            // KEYCTL_SEARCH
	11: {keySerial, keyOut(0)},                                        // KEYCTL_READ
	12: {keySerial, payload, keySerial},                               // KEYCTL_INSTANTIATE
	13: {keySerial, unum, keySerial},                                  // KEYCTL_NEGATE
	14: {defaultKeyring},                                              // KEYCTL_SET_REQKEY_KEYRING
	15: {keySerial, unum},                                             // KEYCTL_SET_TIMEOUT
	16: {keySerial},                                                   // KEYCTL_ASSUME_AUTHORITY
	17: {keySerial, keyOut(quoteTrimNUL)},                             // KEYCTL_GET_SECURITY
	18: {},                                                            // KEYCTL_SESSION_TO_PARENT
	19: {keySerial, unum, errorArg, keySerial},                        // KEYCTL_REJECT
	20: {keySerial, iovecIn, keySerial},                               // KEYCTL_INSTANTIATE_IOV
	21: {keySerial},                                                   // KEYCTL_INVALIDATE
	22: {id, keySerial},                                               // KEYCTL_GET_PERSISTENT
	23: {atEntry((*Decoder).keyParameters), keyOut(0), keyDerivation}, // KEYCTL_DH_COMPUTE
	24: {keySerial, hexWord, text, atExit(structAt(56, keyQuery))},    // KEYCTL_PKEY_QUERY
	25: {keyOperation(true)},                                          // KEYCTL_PKEY_ENCRYPT
	26: {keyOperation(true)},                                          // KEYCTL_PKEY_DECRYPT
	27: {keyOperation(true)},                                          // KEYCTL_PKEY_SIGN
	28: {keyOperation(false)},                                         // KEYCTL_PKEY_VERIFY
	29: {keySerial, text, text},                                       // KEYCTL_RESTRICT_KEYRING
	30: {keySerial, keySerial, keySerial, flags(&keyMoveFlags)},       // KEYCTL_MOVE
	31: {keyCapabilities},                                             // KEYCTL_CAPABILITIES
}

var (
	anyKeyctl = []kind{hexWord, hexWord, hexWord, hexWord}
	keyQuery  = layout{flag32("supported_ops", &keyOperations), u32("key_size"), u16("max_data_size"), u16("max_sig_size"),
		u16("max_enc_size"), u16("max_dec_size"), zeroWords("__spare", 10)}
)

// keyctl is the whole of that call. Operations whose last arguments wait for the exit
// keep in saved[0] how many have been printed, and in saved[1] the next register.
func keyctl(d *Decoder) bool {
	op := d.next() & 0xffffffff
	args, ok := keyctlArgs[op]
	if !ok {
		args = anyKeyctl
	}
	if !d.exiting {
		d.constant(op, &keyctlCmds)
	} else {
		d.c.arg = int(d.c.saved[1])
	}
	for i := int(d.c.saved[0]); i < len(args); i++ {
		at := d.c.arg
		if !d.exiting || i > int(d.c.saved[0]) {
			d.comma()
		}
		if !args[i](d) {
			d.c.saved[0], d.c.saved[1] = uint64(i), uint64(at)
			return false
		}
	}
	return true
}

// payload is data for a key, and its size.
func payload(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	d.data(addr, size, 0)
	d.comma()
	d.udec(size)
	return true
}

// keyOut is a buffer for data of a key, and its size: the result may be larger.
func keyOut(style quoteStyle) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		addr, size := d.size(d.next()), d.size(d.next())
		if d.c.IsError {
			d.addr(addr)
		} else {
			d.data(addr, min(uint64(d.c.Result), size), style)
		}
		d.comma()
		d.udec(size)
		return true
	}
}

func defaultKeyring(d *Decoder) bool {
	v := d.next() & 0xffffffff
	d.signedConstant(v, &defaultKeyrings)
	return true
}

// errorArg is the number of an error.
func errorArg(d *Decoder) bool {
	v := d.next() & 0xffffffff
	if name := ErrnoName(int(v)); name != "" {
		d.named(int64(v), name)
	} else {
		d.udec(v)
	}
	return true
}

func (d *Decoder) keyParameters(addr uint64) {
	structAt(12, layout{serialField("private"), serialField("prime"), serialField("base")})(d, addr)
}

// keyDerivation is how a key is made of a shared secret.
func keyDerivation(d *Decoder) bool {
	d.evenAfterError(func() { d.keyDerivation(d.size(d.next())) })
	return true
}

func (d *Decoder) keyDerivation(addr uint64) {
	f, ok := d.fetch(addr, d.bySize(56, 44))
	if !ok {
		return
	}
	hash, other, n := f.size(), f.size(), f.u32()
	d.s("{hashname=")
	d.cstring(hash)
	d.key("otherinfo")
	if n != 0 {
		d.data(other, n, 0)
	} else {
		d.addr(other)
	}
	d.ufield("otherinfolen", n)
	if spare := f.raw(32); !isZero(spare) {
		p := d.fields(spare)
		d.key("__spare")
		d.elements(8, func() { d.hex(p.u32()) })
	}
	d.c1('}')
}

// keyOperation is the rest of an operation with a public key: parameters that say how
// long the two buffers are, of which the second may be for the result.
func keyOperation(out bool) kind {
	return func(d *Decoder) bool {
		addr, info, in, second := d.size(d.next()), d.size(d.next()), d.size(d.next()), d.size(d.next())
		if d.exiting {
			if d.c.IsError {
				d.addr(second)
			} else {
				d.data(second, d.c.saved[2], 0)
			}
			return true
		}
		f, ok := d.fetch(addr, 40)
		var inLen, secondLen uint64
		if ok {
			name := "in2_len"
			if out {
				name = "out_len"
			}
			inLen, secondLen = f.peekAt(4), f.peekAt(8)
			d.structure(&f, layout{serialField("key_id"), u32("in_len"), u32(name), zeroWords("__spare", 7)})
		}
		show := func(addr, n uint64) {
			d.comma()
			if ok {
				d.data(addr, n, 0)
			} else {
				d.addr(addr)
			}
		}
		d.comma()
		d.cstring(info)
		show(in, inLen)
		if out && ok {
			d.comma()
			d.c.saved[2] = secondLen
			return false
		}
		show(second, secondLen)
		return true
	}
}

// keyCapabilities are bytes of flags, of which each has its own.
func keyCapabilities(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	addr, size := d.size(d.next()), d.size(d.next())
	i := 0
	if d.c.IsError {
		d.addr(addr)
	} else {
		d.array(addr, min(size, uint64(d.c.Result)), 1, func(d *Decoder, f *fields) {
			switch v := f.u8(); i {
			case 0:
				d.flags(v, &keyCapabilities0)
			case 1:
				d.flags(v, &keyCapabilities1)
			default:
				d.hex(v)
			}
			i++
		})
	}
	d.comma()
	d.udec(size)
	return true
}
