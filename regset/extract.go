package regset

// AppendTo appends the bytes of the register in the machine's order. content
// is what Set.Get gave of the register's set, from position 0: who wants many
// registers reads each set once. ErrAbsent: the machine has not got the register.
func (r *Register) AppendTo(dst, content []byte) ([]byte, error) {
	for _, p := range r.where {
		at, err := r.set.locate(content, p)
		if err != nil {
			return dst, err
		}
		dst = append(dst, content[at:at+p.size]...)
	}
	return dst, nil
}

// Store puts a value into the content of the register's set, which Set.Put takes
// as a whole then. The value has the register's size (ErrValue).
func (r *Register) Store(content, value []byte) error {
	if len(value) != r.Size {
		return ErrValue
	}
	for _, p := range r.where {
		at, err := r.set.locate(content, p)
		if err != nil {
			return err
		}
		value = value[copy(content[at:at+p.size], value):]
	}
	if x, ok := r.set.access.(marker); ok {
		x.mark(content, r)
	}
	return nil
}
