package decode

import (
	"slices"

	"github.com/utrace/utrace/syscalls"
)

// The tables of this package are those of x86, which most architectures share.
// What the headers of others (asm/fcntl.h, asm/mman.h, asm/socket.h,
// asm/termbits.h) have instead is here, as values that take the place of x86's.

// values are new values by the old ones; absent has no new one.
type values map[uint64]uint64

const absent = ^uint64(0)

// with makes a copy of a table with other values, and more names.
func (n *names) with(v values, more ...name) *names {
	other := &names{unknown: n.unknown}
	for _, x := range n.list {
		if value, changed := v[x.value]; changed {
			x.value = value
		}
		if x.value != absent {
			other.list = append(other.list, x)
		}
	}
	other.list = append(other.list, more...)
	return other
}

// O_DIRECTORY, O_NOFOLLOW, O_TMPFILE, and in one order or the other O_DIRECT and
// O_LARGEFILE.
var (
	openARM     = values{0x10000: 0x4000, 0x20000: 0x8000, 0x410000: oTmpfileOther, 0x4000: 0x10000, 0x8000: 0x20000}
	openPowerPC = values{0x10000: 0x4000, 0x20000: 0x8000, 0x410000: oTmpfileOther, 0x4000: 0x20000, 0x8000: 0x10000}
)

const oTmpfileOther = 0x404000

// variants are, by ABI, the tables that take the place of others.
var variants = map[*syscalls.ABI]map[*names]*names{
	syscalls.ARM64: {
		&openFlags: openFlags.with(openARM),
		&mapFlags:  mapFlags.with(values{0x40: absent}),
		&protFlags: protFlags.with(nil, name{0x10, "PROT_BTI"}, name{0x20, "PROT_MTE"}),
	},
	syscalls.ARM:     {&openFlags: openFlags.with(openARM)},
	syscalls.RISCV64: {&mapFlags: mapFlags.with(values{0x40: absent})},
	syscalls.S390X:   {&mapFlags: mapFlags.with(values{0x40: absent})},
	syscalls.PPC64LE: {
		&openFlags:     openFlags.with(openPowerPC),
		&mapFlags:      mapFlags.with(values{0x40: absent, 0x4000: 0x40, 0x2000: 0x80}),
		&protFlags:     protFlags.with(nil, name{0x10, "PROT_SAO"}),
		&mlockallFlags: mlockallFlags.with(values{1: 0x2000, 2: 0x4000, 4: 0x8000}),
		&socketOptions: socketOptions.with(values{0x12: 16, 0x13: 17, 0x14: 18, 0x15: 19, 0x10: 20, 0x11: 21}),
		&termiosIFlags: termiosIFlags.with(values{0x200: 0x1000, 0x400: 0x200, 0x1000: 0x400}),
		&termiosOFlags: termiosOFlags.with(values{0x2: 0x4, 0x4: 0x2}),
		&termiosCFlags: termiosCFlags.with(values{0x40: 0x400, 0x80: 0x800, 0x100: 0x1000, 0x200: 0x2000, 0x400: 0x4000, 0x800: 0x8000}),
		&termiosLFlags: termiosLFlags.with(values{0x1: 0x80, 0x2: 0x100, 0x4: 0x4000, 0x10: 0x2, 0x20: 0x4, 0x40: 0x10,
			0x80: 0x80000000, 0x8000: 0x400, 0x200: 0x40, 0x400: 0x20, 0x800: 0x1, 0x1000: 0x800000, 0x4000: 0x20000000,
			0x100: 0x400000, 0x10000: 0x10000000}),
	},
}

// here is the table of the call's ABI.
func (d *Decoder) here(n *names) *names {
	if d.c == nil || d.c.ABI == syscalls.X86_64 {
		return n
	}
	if other := variants[d.c.ABI][n]; other != nil {
		return other
	}
	return n
}

// usualOption is the number that x86 has for an option of SOL_SOCKET.
func (d *Decoder) usualOption(level, option uint64) uint64 {
	n := d.here(&socketOptions)
	if level != solSocket || n == &socketOptions {
		return option
	}
	at := slices.IndexFunc(n.list, func(x name) bool { return x.value == option })
	if at < 0 {
		return option
	}
	return socketOptions.list[at].value
}

// usualRequest is the number that most architectures have for an ioctl: on
// powerpc the direction has three bits, and what terminals and files are asked
// for has numbers after that pattern (asm/ioctl.h, asm/ioctls.h).
func (d *Decoder) usualRequest(cmd uint64) uint64 {
	if d.c.ABI != syscalls.PPC64LE {
		return cmd
	}
	if usual, ok := powerpcRequests[cmd]; ok {
		return usual
	}
	const none, read, write = 1, 2, 4
	direction, rest := cmd>>29, cmd&0x1fffffff
	switch direction {
	case none:
		return rest
	case read, write, read | write:
		return rest | direction>>1&1<<31 | direction>>2<<30
	}
	return cmd
}

var powerpcRequests = map[uint64]uint64{
	0x402c7413: 0x5401, 0x802c7414: 0x5402, 0x802c7415: 0x5403, 0x802c7416: 0x5404, // TCGETS, TCSETS, TCSETSW, TCSETSF
	0x40147417: 0x5405, 0x80147418: 0x5406, 0x80147419: 0x5407, 0x8014741c: 0x5408, // TCGETA, TCSETA, TCSETAW, TCSETAF
	0x2000741d: 0x5409, 0x2000741e: 0x540a, 0x2000741f: 0x540b, // TCSBRK, TCXONC, TCFLSH
	0x80087467: 0x5414, 0x40087468: 0x5413, // TIOCSWINSZ, TIOCGWINSZ
	0x40047473: 0x5411, 0x80047476: 0x5410, 0x40047477: 0x540f, // TIOCOUTQ, TIOCSPGRP, TIOCGPGRP
	0x20006601: 0x5451, 0x20006602: 0x5450, 0x8004667d: 0x5452, // FIOCLEX, FIONCLEX, FIOASYNC
	0x8004667e: 0x5421, 0x4004667f: 0x541b, // FIONBIO, FIONREAD
}
