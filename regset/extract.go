package regset

// AppendTo appends the bytes of the register in the machine's order. content
// is what Set.Get gave of the register's set, from position 0: who wants many
// registers reads each set once. ErrAbsent: the machine has not got the register.
func (r *Register) AppendTo(dst, content []byte) ([]byte, error) {
	for _, p := range r.where {
		at, size, err := r.set.locate(content, p)
		if err != nil {
			return dst, err
		}
		dst = append(dst, content[at:at+size]...)
	}
	return dst, nil
}

// Store puts a value into the content of the register's set, which Set.Put takes
// as a whole then. The value has the register's size, or the one that it has in this
// content if that changes (ErrValue).
func (r *Register) Store(content, value []byte) error {
	if r.Size != 0 && len(value) != r.Size {
		return ErrValue
	}
	for _, p := range r.where {
		at, size, err := r.set.locate(content, p)
		if err != nil {
			return err
		}
		if r.Size == 0 && len(value) != size {
			return ErrValue
		}
		value = value[copy(content[at:at+size], value):]
	}
	if x, ok := r.set.access.(marker); ok {
		x.mark(content, r)
	}
	return nil
}
