package decode

import (
	"time"
)

// timeKind is the layout of a time in memory.
type timeKind uint8

const (
	timeKernel timeKind = iota // as wide as the ABI's kernel long
	time64                     // 64-bit in every ABI: the calls named *_time64
)

func (d *Decoder) timeSize(k timeKind) int {
	if k == time64 {
		return 16
	}
	return 2 * d.kernelLong()
}

// timePair reads seconds and their fraction.
func (f *fields) timePair(k timeKind) (sec, frac int64) {
	if k == time64 {
		return f.i64(), f.i64()
	}
	return f.klongs(), int64(f.kulong())
}

func (d *Decoder) timespecFields(f *fields, k timeKind) {
	sec, nsec := f.timePair(k)
	d.timeText(sec, nsec, ", tv_nsec=")
}

func (d *Decoder) timevalFields(f *fields) {
	sec, usec := f.timePair(timeKernel)
	d.timeText(sec, usec, ", tv_usec=")
}

func (d *Decoder) timeText(sec, frac int64, name string) {
	d.s("{tv_sec=")
	d.dec(sec)
	d.s(name)
	d.udec(uint64(frac))
	d.c1('}')
}

func (d *Decoder) timespec(addr uint64)   { d.timespecAs(addr, timeKernel) }
func (d *Decoder) timespec64(addr uint64) { d.timespecAs(addr, time64) }

func (d *Decoder) timespecAs(addr uint64, k timeKind) {
	if f, ok := d.fetch(addr, d.timeSize(k)); ok {
		d.timespecFields(&f, k)
	}
}

func (d *Decoder) timeval(addr uint64) {
	if f, ok := d.fetch(addr, d.timeSize(timeKernel)); ok {
		d.timevalFields(&f)
	}
}

func (d *Decoder) itimerspec(addr uint64)   { d.itimerspecAs(addr, timeKernel) }
func (d *Decoder) itimerspec64(addr uint64) { d.itimerspecAs(addr, time64) }

func (d *Decoder) itimerspecAs(addr uint64, k timeKind) {
	if f, ok := d.fetch(addr, 2*d.timeSize(k)); ok {
		d.s("{it_interval=")
		d.timespecFields(&f, k)
		d.s(", it_value=")
		d.timespecFields(&f, k)
		d.c1('}')
	}
}

func (d *Decoder) itimerval(addr uint64) {
	if f, ok := d.fetch(addr, 2*d.timeSize(timeKernel)); ok {
		d.s("{it_interval=")
		d.timevalFields(&f)
		d.s(", it_value=")
		d.timevalFields(&f)
		d.c1('}')
	}
}

func (d *Decoder) timezone(addr uint64) {
	if f, ok := d.fetch(addr, 8); ok {
		d.s("{tz_minuteswest=")
		d.dec(f.i32())
		d.s(", tz_dsttime=")
		d.dec(f.i32())
		d.c1('}')
	}
}

// The nanoseconds with which utimensat(2) asks for special times.
const (
	utimeNow  = 1<<30 - 1
	utimeOmit = 1<<30 - 2
)

// utimes prints the two times of a file, and when they are.
func (d *Decoder) utimes(addr uint64, k timeKind, fraction string, perSecond int64) {
	f, ok := d.fetch(addr, 2*d.timeSize(k))
	if !ok {
		return
	}
	d.c1('[')
	for i := range 2 {
		if i > 0 {
			d.comma()
		}
		sec, frac := f.timePair(k)
		if perSecond == 1e9 && (frac == utimeNow || frac == utimeOmit) {
			text := "UTIME_NOW"
			if frac == utimeOmit {
				text = "UTIME_OMIT"
			}
			switch d.opts.Xlat {
			case XlatAbbrev:
				d.s(text)
			default:
				d.timeText(sec, frac, fraction)
				if d.opts.Xlat == XlatVerbose {
					d.comment(text)
				}
			}
			continue
		}
		d.timeText(sec, frac, fraction)
		if frac >= 0 && frac < perSecond && !(sec == 0 && frac == 0) {
			d.date(sec, frac*(1e9/perSecond), perSecond)
		}
	}
	d.c1(']')
}

func (d *Decoder) utimensat(addr uint64)   { d.utimes(addr, timeKernel, ", tv_nsec=", 1e9) }
func (d *Decoder) utimensat64(addr uint64) { d.utimes(addr, time64, ", tv_nsec=", 1e9) }
func (d *Decoder) utimesMicro(addr uint64) { d.utimes(addr, timeKernel, ", tv_usec=", 1e6) }

// utimbuf prints the argument of utime.
func (d *Decoder) utimbuf(addr uint64) {
	f, ok := d.fetch(addr, 2*d.kernelLong())
	if !ok {
		return
	}
	d.s("{actime=")
	d.seconds(f.klongs())
	d.s(", modtime=")
	d.seconds(f.klongs())
	d.c1('}')
}

// seconds prints a time_t and when it is.
func (d *Decoder) seconds(sec int64) {
	d.dec(sec)
	// Beyond that a year does not fit the C library's struct tm.
	const lastYear = 1<<31 - 1
	if y := sec / (365 * 86400); sec != 0 && y < lastYear && y > -lastYear {
		d.date(sec, 0, 0)
	}
}

// date prints a comment with the time in the local zone. perSecond tells how
// many digits the fraction has, none for 0.
func (d *Decoder) date(sec, nsec, perSecond int64) {
	// The C library's year is an int since 1900; strace gives up beyond.
	if sec > maxDate || sec < -maxDate {
		return
	}
	d.s(" /* ")
	d.dateText(sec, nsec, perSecond)
	d.s(" */")
}

func (d *Decoder) dateText(sec, nsec, perSecond int64) {
	layout := "2006-01-02T15:04:05-0700"
	if nsec != 0 {
		switch perSecond {
		case 1e9:
			layout = "2006-01-02T15:04:05.000000000-0700"
		case 1e6:
			layout = "2006-01-02T15:04:05.000000-0700"
		}
	}
	at := time.Unix(sec, nsec)
	if d.opts.Zone != nil {
		at = at.In(d.opts.Zone)
	}
	d.out = at.AppendFormat(d.out, layout)
}

// maxDate is about the end of the year 1900 + 2^31.
const maxDate = 67768036191676799

// timeT is the pointer of time(2) and stime(2).
func (d *Decoder) timeT(addr uint64) {
	f, ok := d.fetch(addr, d.kernelLong())
	if !ok {
		return
	}
	d.c1('[')
	d.seconds(f.klongs())
	d.c1(']')
}

func timeOut(d *Decoder) bool {
	if !d.exiting {
		return false
	}
	d.timeT(d.size(d.next()))
	if !d.c.IsError && d.c.Result != 0 {
		d.note(func() { d.dateText(d.c.Result, 0, 0) })
	}
	return true
}

// note puts what show prints beside the result instead of here.
func (d *Decoder) note(show func()) {
	start := len(d.out)
	show()
	d.aux = append(d.aux, d.out[start:]...)
	d.out = d.out[:start]
}

// remaining is the second argument of nanosleep: written only when a signal
// ended the sleep.
func remaining(k timeKind) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		addr := d.size(d.next())
		if d.c.IsError && d.interrupted() {
			d.c.IsError = false
			d.timespecAs(addr, k)
			d.c.IsError = true
		} else {
			d.addr(addr)
		}
		return true
	}
}

// interrupted reports whether the call ended because of a signal and may be
// restarted.
func (d *Decoder) interrupted() bool {
	switch d.c.Result {
	case erestartsys, erestartnointr, erestartnohand, erestartBlock:
		return d.c.IsError
	}
	return false
}

// tms prints struct tms, in clock ticks and in seconds.
func tms(d *Decoder, addr uint64) {
	f, ok := d.fetch(addr, 4*d.kernelLong())
	if !ok {
		return
	}
	for _, name := range [...]string{"{tms_utime=", ", tms_stime=", ", tms_cutime=", ", tms_cstime="} {
		ticks := f.kulong()
		d.s(name)
		d.udec(ticks)
		if d.opts.Xlat != XlatRaw {
			d.s(" /* ")
			d.hundredths(ticks)
			d.s(" s */")
		}
	}
	d.c1('}')
}

// hundredths prints a number of clock ticks (USER_HZ is 100) in seconds.
func (d *Decoder) hundredths(ticks uint64) {
	d.udec(ticks / 100)
	d.c1('.')
	d.c1('0' + byte(ticks%100/10))
	d.c1('0' + byte(ticks%10))
}

func timex(d *Decoder, addr uint64)   { d.timex(addr, timeKernel) }
func timex64(d *Decoder, addr uint64) { d.timex(addr, time64) }

func (d *Decoder) timex(addr uint64, k timeKind) {
	f, ok := d.fetch(addr, d.timexSize(k))
	if !ok {
		return
	}
	number := func() int64 {
		if k == time64 {
			return f.i64()
		}
		return f.klongs()
	}
	d.s("{modes=")
	d.flags(f.u32(), &adjModes)
	if k == time64 {
		f.u32()
	}
	for _, name := range [...]string{"offset", "freq", "maxerror", "esterror"} {
		d.field(name, number())
	}
	d.s(", status=")
	d.flags(f.u32(), &timexStatus)
	if k == time64 {
		f.u32()
	}
	for _, name := range [...]string{"constant", "precision", "tolerance"} {
		d.field(name, number())
	}
	sec, usec := f.timePair(k)
	d.s(", time=")
	d.timeText(sec, usec, ", tv_usec=")
	for _, name := range [...]string{"tick", "ppsfreq", "jitter"} {
		d.field(name, number())
	}
	d.field("shift", f.i32())
	if k == time64 {
		f.u32()
	}
	for _, name := range [...]string{"stabil", "jitcnt", "calcnt", "errcnt", "stbcnt"} {
		d.field(name, number())
	}
	d.field("tai", f.i32())
	d.c1('}')
}

func (d *Decoder) timexSize(k timeKind) int {
	if k == time64 {
		return 208
	}
	return d.bySize(208, 128)
}

// field prints one more numeric field of a structure.
func (d *Decoder) field(name string, v int64) {
	d.comma()
	d.s(name)
	d.c1('=')
	d.dec(v)
}

func (d *Decoder) ufield(name string, v uint64) {
	d.comma()
	d.s(name)
	d.c1('=')
	d.udec(v)
}

// timexOut is the argument of adjtimex, whose result is the clock's state.
func timexOut(show func(*Decoder, uint64)) kind {
	return func(d *Decoder) bool {
		if !d.exiting {
			return false
		}
		start := len(d.out)
		show(d, d.size(d.next()))
		if d.out[start] == '{' {
			if text := timexStates.find(uint64(d.c.Result)); text != "" {
				d.aux = append(d.aux, text...)
			}
		}
		return true
	}
}
