package decode

// array prints n elements of elem bytes at addr. How many are read is bounded
// by -s, as strace's are, unless the call is printed in full (-v); memory that
// cannot be read ends the array, and whole is false.
func (d *Decoder) array(addr, n uint64, elem int, show func(d *Decoder, f *fields)) (whole bool) {
	if addr != 0 && n == 0 {
		d.s("[]")
		return true
	}
	return d.visible(addr) && d.arrayAt(addr, n, elem, show)
}

// arrayUpTo is array for one of which the kernel takes no more than most elements;
// dots stand for the others.
func (d *Decoder) arrayUpTo(addr, n, most uint64, elem int, show func(d *Decoder, f *fields)) {
	start := len(d.out)
	d.array(addr, min(n, most), elem, show)
	end := len(d.out) - 1
	if n > most && d.out[start] == '[' && (d.full || uint64(d.strSize) >= most) {
		d.out = append(d.out[:end], ", ...]"...)
	}
}

// arrayAt is array for one whose address is not questioned.
func (d *Decoder) arrayAt(addr, n uint64, elem int, show func(d *Decoder, f *fields)) (whole bool) {
	if n == 0 {
		d.s("[]")
		return true
	}
	size := n * uint64(elem)
	if size/uint64(elem) != n || addr+size < addr {
		d.addr(addr)
		return false
	}
	limit := uint64(d.strSize)
	if d.full {
		limit = fullArray
	}
	// Arrays nest (the vectors of several messages), each in its own part.
	buf := d.items[d.depth][:elem]
	d.depth++
	defer func() { d.depth-- }()
	whole = true
	for i := uint64(0); i < n; i++ {
		at := addr + i*uint64(elem)
		if i > 0 {
			d.comma()
		}
		if !d.read(at, buf) {
			if i == 0 {
				d.addr(at)
				return false
			}
			d.s("...")
			d.s(" /* ")
			d.hex(at)
			d.s(" */")
			whole = false
			break
		}
		if i == 0 {
			d.c1('[')
		}
		if i >= limit || len(d.out) > arrayText {
			d.s("...")
			break
		}
		f := d.fields(buf)
		show(d, &f)
	}
	d.c1(']')
	return whole
}

const (
	// arrayElemMax is enough for an element of any array.
	arrayElemMax = 160
	// arrayDepth is how deep arrays nest.
	arrayDepth = 3
	// fullArray bounds what -v prints of an array whose length comes from
	// the thread: more than any that the kernel accepts (UIO_MAXIOV,
	// NGROUPS_MAX, the default limit of descriptors).
	fullArray = 1 << 16
	// arrayText bounds what arrays in arrays come to: no element is begun after so
	// many bytes of the line.
	arrayText = 4 << 20
)

func (d *Decoder) arrayInt(f *fields)     { d.dec(f.i32()) }
func (d *Decoder) arrayUint(f *fields)    { d.udec(f.u32()) }
func (d *Decoder) arrayUint16(f *fields)  { d.udec(f.u16()) }
func (d *Decoder) arrayPointer(f *fields) { d.addr(f.size()) }
func (d *Decoder) arrayFD(f *fields)      { d.fd(int32(f.u32())) }
