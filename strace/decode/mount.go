package decode

// mount is the whole of that call.
func mount(d *Decoder) bool {
	source, target, kind := d.size(d.next()), d.size(d.next()), d.size(d.next())
	flags, data := d.size(d.next()), d.size(d.next())
	const (
		magic, magicMask = 0xc0ed0000, 0xffff0000
		remount          = 0x20
		bind, move       = 0x1000, 0x2000
		propagation      = 0x1e0000 // unbindable, private, slave, shared
	)
	old := flags&magicMask == magic // asked for by C libraries of long ago
	v := flags
	if old {
		v &^= magicMask
	}
	ignoreType := v&(remount|bind|move|propagation) != 0
	ignoreData := v&(bind|move|propagation) != 0
	d.path(source)
	d.comma()
	d.path(target)
	d.comma()
	if ignoreType {
		d.addr(kind)
	} else {
		d.cstring(kind)
	}
	d.comma()
	if old {
		d.constant(magic, &mountMagic)
		if v != 0 {
			d.c1('|')
		}
	}
	if v != 0 || !old {
		d.flags(v, &mountFlags)
	}
	d.comma()
	if ignoreData {
		d.addr(data)
	} else {
		d.cstring(data)
	}
	return true
}

var mountMagic = names{"", []name{{0xc0ed0000, "MS_MGC_VAL"}}}

// mountAttrIn is the structure of mount_setattr and its size.
func mountAttrIn(d *Decoder) bool {
	addr, size := d.size(d.next()), d.size(d.next())
	const known = 32
	if size < known {
		d.addr(addr)
	} else if f, ok := d.fetch(addr, known); ok {
		set := f.u64()
		d.s("{attr_set=")
		d.flags(set, &mountAttrs)
		d.s(", attr_clr=")
		d.flags(f.u64(), &mountAttrs)
		d.s(", propagation=")
		if v := f.u64(); v == 0 {
			d.s("0 /* MS_??? */")
		} else {
			d.constant(v, &mountPropagation)
		}
		d.s(", userns_fd=")
		const idmap = 0x100000 // MOUNT_ATTR_IDMAP
		if ns := f.u64(); set&idmap != 0 {
			d.descriptor64(ns)
		} else {
			d.udec(ns)
		}
		d.moreBytes(addr, known, size)
		d.c1('}')
	}
	d.comma()
	d.udec(size)
	return true
}

// fsconfig is the whole of that call: what its key and value are depends on
// the command.
func fsconfig(d *Decoder) bool {
	fd, cmd := int32(d.next()), d.next()&0xffffffff
	key, value, aux := d.size(d.next()), d.size(d.next()), int32(d.next())
	const setFlag, setString, setBinary, setPath, setPathEmpty, setFD = 0, 1, 2, 3, 4, 5
	const longest, mostBinary = 256, 1 << 20 // what the kernel takes
	d.fd(fd)
	d.comma()
	d.constant(cmd, &fsconfigCmds)
	d.comma()
	if cmd <= setFD {
		d.bounded(key, longest)
	} else {
		d.addr(key)
	}
	d.comma()
	switch cmd {
	case setString:
		d.bounded(value, longest)
	case setBinary:
		if aux < 0 || aux > mostBinary {
			d.addr(value)
			break
		}
		d.data(value, uint64(uint32(aux)), quoteForceHex)
	case setPath, setPathEmpty:
		d.path(value)
	default:
		d.addr(value)
	}
	d.comma()
	switch cmd {
	case setPath, setPathEmpty:
		d.dirfd(aux)
	case setFD:
		d.fd(aux)
	default:
		d.dec(int64(aux))
	}
	return true
}

// swapFlagsKind are swapon's flags, with a priority in the low bits.
func swapFlagsKind(d *Decoder) bool {
	v := d.next() & 0xffffffff
	const prio = 0x7fff
	if flags := v &^ prio; flags != 0 {
		d.flags(flags, &swapFlags)
		d.c1('|')
	}
	d.udec(v & prio)
	return true
}

func reboot(d *Decoder) bool {
	d.constant(d.next()&0xffffffff, &rebootMagic1)
	d.comma()
	d.constant(d.next()&0xffffffff, &rebootMagic2)
	d.comma()
	cmd, arg := d.next()&0xffffffff, d.size(d.next())
	d.constant(cmd, &rebootCmds)
	const restart2 = 0xa1b2c3d4
	if cmd == restart2 {
		d.comma()
		d.bounded(arg, 255)
	}
	return true
}

// fanInit are fanotify_init's flags: a class and flags.
func fanInit(d *Decoder) bool {
	v := d.next() & 0xffffffff
	const classMask = 0xc
	class, rest := v&classMask, v&^classMask
	d.constant(class, &fanClasses)
	if rest != 0 {
		d.c1('|')
		d.flags(rest, &fanInitFlags)
	}
	return true
}

// fanMark is the whole of fanotify_mark.
func fanMark(d *Decoder) bool {
	d.fd(int32(d.next()))
	d.comma()
	d.flags(d.next()&0xffffffff, &fanMarkFlags)
	d.comma()
	d.flags(d.next64(), &fanEvents)
	d.comma()
	switch dir := int32(d.next()); dir {
	case -1:
		d.named(-1, "FAN_NOFD")
	default:
		d.dirfd(dir)
	}
	d.comma()
	d.path(d.size(d.next()))
	return true
}

const fileHandleMax = 128 // MAX_HANDLE_SZ

// fileHandleOut is the handle that name_to_handle_at fills: the space for it
// is read at entry.
func fileHandleOut(d *Decoder) bool {
	addr := d.size(d.next())
	if !d.exiting {
		f, ok := d.fetch(addr, 8)
		if !ok {
			return true
		}
		d.c.saved[0] = f.u32()
		d.s("{handle_bytes=")
		d.udec(d.c.saved[0])
		return false
	}
	const eoverflow = 75
	f, ok := d.peek(addr, 8)
	if d.c.IsError && d.c.Result != eoverflow || !ok {
		d.c1('}')
		return true
	}
	is := f.u32()
	if is != d.c.saved[0] {
		d.s(" => ")
		d.udec(is)
	}
	if !d.c.IsError {
		d.field("handle_type", f.i32())
		d.s(", f_handle=")
		d.data(addr+8, min(is, fileHandleMax), quoteForceHex)
	}
	d.c1('}')
	return true
}

func (d *Decoder) fileHandle(addr uint64) {
	f, ok := d.fetch(addr, 8)
	if !ok {
		return
	}
	n := f.u32()
	d.s("{handle_bytes=")
	d.udec(n)
	d.field("handle_type", f.i32())
	d.s(", f_handle=")
	d.data(addr+8, min(n, fileHandleMax), quoteForceHex)
	d.c1('}')
}

// landlockRuleset is the whole of landlock_create_ruleset.
func landlockRuleset(d *Decoder) bool {
	addr, size, flags := d.size(d.next()), d.size(d.next()), d.next()&0xffffffff
	if size < 8 {
		d.addr(addr)
	} else if f, ok := d.fetch(addr, 8); ok {
		d.s("{handled_access_fs=")
		d.flags(f.u64(), &landlockAccess)
		if size > 8 {
			d.s(", ...")
		}
		d.c1('}')
	}
	d.comma()
	d.udec(size)
	d.comma()
	d.flags(flags, &landlockFlags)
	return true
}

// landlockRule is a rule's type and structure.
func landlockRule(d *Decoder) bool {
	kind, addr := d.next()&0xffffffff, d.size(d.next())
	d.constant(kind, &landlockRules)
	d.comma()
	if kind != 1 {
		d.addr(addr)
		return true
	}
	if f, ok := d.fetch(addr, 12); ok {
		d.s("{allowed_access=")
		d.flags(f.u64(), &landlockAccess)
		d.s(", parent_fd=")
		d.dirfd(int32(f.u32()))
		d.c1('}')
	}
	return true
}
