package top

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// By is what the rows of a table stand for.
type By int

// The tables.
const (
	Processes By = iota
	Threads
	Calls
)

// Order is the column that a table is sorted by.
type Order int

// The orders, all from the largest.
const (
	ByTime Order = iota
	ByRate
	ByErrors
	ByLongest
	orders
)

var orderNames = [orders]string{"time", "calls", "errors", "longest"}

// String returns the name of the column.
func (o Order) String() string { return orderNames[o] }

// Choice says which part of a sample a table is about.
type Choice struct {
	By    By
	Order Order
	// PID and TID limit the table to a process or a thread; 0 does not.
	PID, TID int
	// Call limits it to a call; "" does not.
	Call string
	// Filter is text that the names of the rows have to contain.
	Filter string
}

// Row is one row of a table.
type Row struct {
	PID, TID int
	Name     string
	Now, All Sum
	// In is the call that has been going on for the longest time, For that long.
	In      string
	For     time.Duration
	Threads int
	threads map[int]bool
}

// Key identifies the row from one sample to the next.
func (r *Row) Key() string { return strconv.Itoa(r.PID) + "/" + strconv.Itoa(r.TID) + "/" + r.Name }

// Table adds up a sample.
func (s *Sample) Table(c Choice) []Row {
	rows := make(map[string]*Row)
	for i := range s.Lines {
		l := &s.Lines[i]
		if c.PID != 0 && l.PID != c.PID || c.TID != 0 && l.TID != c.TID || c.Call != "" && l.Call != c.Call {
			continue
		}
		row := Row{PID: l.PID, TID: l.TID, Name: l.Name}
		switch c.By {
		case Processes:
			row.TID, row.Name = 0, ""
		case Calls:
			if l.Call == "" {
				continue
			}
			row = Row{Name: l.Call}
		}
		key := row.Key()
		r := rows[key]
		if r == nil {
			row.threads = make(map[int]bool)
			r = &row
			rows[key] = r
		}
		r.add(l)
	}
	var list []Row
	for _, r := range rows {
		r.Threads = len(r.threads)
		if strings.Contains(strings.ToLower(r.Name), strings.ToLower(c.Filter)) {
			list = append(list, *r)
		}
	}
	slices.SortFunc(list, func(a, b Row) int {
		return cmp.Or(-cmp.Compare(c.Order.of(a.Now), c.Order.of(b.Now)), -cmp.Compare(c.Order.of(a.All), c.Order.of(b.All)),
			cmp.Compare(a.PID, b.PID), cmp.Compare(a.TID, b.TID), strings.Compare(a.Name, b.Name))
	})
	return list
}

func (r *Row) add(l *Line) {
	r.Now, r.All = r.Now.Plus(l.Now), r.All.Plus(l.All)
	r.threads[l.TID] = true
	if l.In != "" && l.For >= r.For {
		r.In, r.For = l.In, l.For
	}
	if r.Name == "" || l.TID == l.PID && r.TID == 0 && r.PID != 0 {
		r.Name = l.Name // the leader's stands for the process
	}
}

func (o Order) of(s Sum) uint64 {
	switch o {
	case ByRate:
		return s.Calls
	case ByErrors:
		return s.Errors
	case ByLongest:
		return uint64(s.Longest)
	}
	return uint64(s.Time)
}
