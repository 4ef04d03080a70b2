package decode_test

import (
	"encoding/binary"
	"syscall"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// memoryAt is memory that begins at an address.
type memoryAt struct {
	addr uint64
	data []byte
}

func (m memoryAt) ReadMemory(addr uint64, buf []byte) (int, error) {
	if addr < m.addr || addr-m.addr >= uint64(len(m.data)) {
		return 0, syscall.EFAULT
	}
	n := copy(buf, m.data[addr-m.addr:])
	if n < len(buf) {
		return n, syscall.EFAULT
	}
	return n, nil
}

// message makes a message of parts; its length is that
// of the whole.
func message(kind, flags uint16, payload ...[]byte) []byte {
	b := make([]byte, 16)
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], flags)
	b[8] = 7 // the sequence number
	for _, p := range payload {
		b = append(b, p...)
	}
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	return b
}

func attribute(kind uint16, value string) []byte {
	b := make([]byte, 4, 32)
	binary.NativeEndian.PutUint16(b, uint16(4+len(value)))
	binary.NativeEndian.PutUint16(b[2:], kind)
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// TestNetlink: messages are printed in strace's notation, as far as they are there.
func TestNetlink(t *testing.T) {
	link := append([]byte{17, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0}, 0, 0, 0, 0) // struct ifinfomsg
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"header", message(18, 0x301), "{nlmsg_len=16, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=7, nlmsg_pid=0}"},
		{"attributes", message(18, 1, link, attribute(3, "eth0\x00"), attribute(29, "\x01\x00\x00\x00")),
			`[{nlmsg_len=52, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=7, nlmsg_pid=0}, ` +
				`{ifi_family=AF_PACKET, ifi_type=ARPHRD_ETHER, ifi_index=if_nametoindex("two"), ifi_flags=IFF_UP, ifi_change=0}, ` +
				`[[{nla_len=9, nla_type=IFLA_IFNAME}, "eth0"], [{nla_len=8, nla_type=IFLA_EXT_MASK}, RTEXT_FILTER_VF]]]`},
		{"two", append(message(3, 2, []byte{0, 0, 0, 0}), message(1, 0)...),
			`[[{nlmsg_len=20, nlmsg_type=NLMSG_DONE, nlmsg_flags=NLM_F_MULTI, nlmsg_seq=7, nlmsg_pid=0}, 0], ` +
				`{nlmsg_len=16, nlmsg_type=NLMSG_NOOP, nlmsg_flags=0, nlmsg_seq=7, nlmsg_pid=0}]`},
		{"error", message(2, 0x100, []byte{0xfe, 0xff, 0xff, 0xff}, message(18, 1)),
			`[{nlmsg_len=36, nlmsg_type=NLMSG_ERROR, nlmsg_flags=NLM_F_CAPPED, nlmsg_seq=7, nlmsg_pid=0}, {error=-ENOENT, ` +
				`msg={nlmsg_len=16, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=7, nlmsg_pid=0}}]`},
		{"short", []byte("abc"), `"\x61\x62\x63"`},
		{"cut", message(18, 1, []byte{17}), `[{nlmsg_len=17, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST, nlmsg_seq=7, nlmsg_pid=0}, {family=AF_PACKET}]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := netlinkText(test.data, uint64(len(test.data))); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// netlinkText is how data is printed as what is sent.
func netlinkText(data []byte, size uint64) string {
	d := decode.New(decode.Options{
		Netlink:   func(int, int32) (int, bool) { return 0, true },
		Interface: func(_, index int) string { return map[int]string{2: "two"}[index] },
	})
	sendto, _ := syscalls.X86_64.ByName("sendto")
	c := &decode.Call{ABI: syscalls.X86_64, Nr: uint64(sendto.Number), Mem: memoryAt{0x1000, data}, Args: [6]uint64{3, 0x1000, size}}
	text := string(d.Exit(d.Entry(nil, c), c))
	return text[len("sendto(3, ") : len(text)-len(", "+itoa(size)+", 0, NULL, 0)")]
}

func itoa(n uint64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// FuzzNetlink: what a program sends can be anything, and end anywhere.
func FuzzNetlink(f *testing.F) {
	f.Add(message(18, 1, []byte{17, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, attribute(3, "eth0")), uint64(60))
	f.Add(message(2, 0x200, []byte{1, 0, 0, 0}, message(24, 0)), uint64(1<<31-1))
	f.Add(message(20, 0, []byte{2, 0, 0}), uint64(1<<63))
	f.Fuzz(func(t *testing.T, data []byte, size uint64) { netlinkText(data, size) })
}
