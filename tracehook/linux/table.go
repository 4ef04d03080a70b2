package linux

// table finds the task of a thread id. It is consulted once per stop, so it is
// an open hash: one multiplication and, nearly always, one probe.
type table struct {
	slots []*task // a power of two of them, at most half in use
	shift uint8   // 64 - log2(len(slots))
	n     int
}

// home is where a thread id belongs: Fibonacci hashing, because ids come in
// runs that must not pile up.
func (h *table) home(tid int) int {
	return int(uint64(tid) * 0x9E3779B97F4A7C15 >> h.shift)
}

// get returns the task of tid, or nil.
func (h *table) get(tid int) *task {
	if len(h.slots) == 0 {
		return nil
	}
	for i := h.home(tid); ; i = (i + 1) & (len(h.slots) - 1) {
		if t := h.slots[i]; t == nil || t.tid == tid {
			return t
		}
	}
}

// put adds a task under its tid, which must not be in the table.
func (h *table) put(t *task) {
	if 2*(h.n+1) > len(h.slots) {
		h.grow()
	}
	i := h.home(t.tid)
	for h.slots[i] != nil {
		i = (i + 1) & (len(h.slots) - 1)
	}
	h.slots[i] = t
	h.n++
}

// remove takes t out. What follows in its run moves up, so that no look-up
// ends early at the hole.
func (h *table) remove(t *task) {
	mask := len(h.slots) - 1
	hole := h.home(t.tid)
	for h.slots[hole] != t {
		if h.slots[hole] == nil {
			return
		}
		hole = (hole + 1) & mask
	}
	h.n--
	for i := (hole + 1) & mask; h.slots[i] != nil; i = (i + 1) & mask {
		// The one at i may move if its home is not between hole and i.
		if home := h.home(h.slots[i].tid); (i-home)&mask >= (i-hole)&mask {
			h.slots[hole] = h.slots[i]
			hole = i
		}
	}
	h.slots[hole] = nil
}

// all returns the tasks at this moment.
func (h *table) all() []*task {
	tasks := make([]*task, 0, h.n)
	for _, t := range h.slots {
		if t != nil {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

func (h *table) grow() {
	old := h.slots
	size := max(16, 2*len(old))
	h.slots, h.n, h.shift = make([]*task, size), 0, 64
	for ; size > 1; size >>= 1 {
		h.shift--
	}
	for _, t := range old {
		if t != nil {
			h.put(t)
		}
	}
}
