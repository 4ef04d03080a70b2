package decode_test

import (
	"bytes"
	"encoding/binary"
	"strings"
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
			if got := netlinkText(0, test.data, uint64(len(test.data))); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestNetlinkAttributes: attributes nest, and how they are printed depends on what was before
// them.
func TestNetlinkAttributes(t *testing.T) {
	const route, diag, uevent = 0, 4, 15
	link := string([]byte{7, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // struct ifinfomsg of AF_BRIDGE
	socket := "\x02\x0a\x00\x00\x00\x50\x1f\x90\x7f\x00\x00\x01" + zeroes(12) + "\x7f\x00\x00\x01" + zeroes(12+4+8+20)
	nested := func(kind uint16, parts ...[]byte) []byte { return attribute(kind, string(bytes.Join(parts, nil))) }
	for _, test := range []struct {
		name     string
		protocol int
		kind     uint16
		header   string
		value    []byte
		want     string
	}{
		{"kind of link", route, 16, link, nested(18, attribute(1, "bridge\x00"), nested(2, attribute(1, "\xdc\x05\x00\x00"))),
			`[[{nla_len=11, nla_type=IFLA_INFO_KIND}, "bridge"], [{nla_len=12, nla_type=IFLA_INFO_DATA}, ` +
				`[{nla_len=8, nla_type=IFLA_BR_FORWARD_DELAY}, 1500 /* 15.00 s */]]]`},
		{"unknown kind", route, 16, link, nested(18, attribute(1, "new\x00"), attribute(2, "\x01")),
			`[[{nla_len=8, nla_type=IFLA_INFO_KIND}, "new"], [{nla_len=5, nla_type=IFLA_INFO_DATA}, "\x01"]]`},
		{"family", route, 16, link, nested(26, attribute(2, "\x02\x00\x64\x00")),
			`[{nla_len=8, nla_type=IFLA_BRIDGE_VLAN_INFO}, {flags=BRIDGE_VLAN_INFO_PVID, vid=100}]`},
		{"paths", route, 24, "\x02" + zeroes(11), attribute(9, "\x10\x00\x00\x01\x02\x00\x00\x00"+string(attribute(5, "\x0a\x00\x00\x01"))),
			`[{rtnh_len=16, rtnh_flags=0, rtnh_hops=1, rtnh_ifindex=if_nametoindex("two")}, [{nla_len=8, nla_type=RTA_GATEWAY}, inet_addr("10.0.0.1")]]`},
		{"socket", diag, 20, socket, attribute(8, "\x03"), `0x3 /* RCV_SHUTDOWN|SEND_SHUTDOWN */`},
		{"too short", diag, 20, socket, attribute(15, "\x03"), `"\x03"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := message(test.kind, 0, []byte(test.header), test.value)
			got := netlinkText(test.protocol, data, uint64(len(data)))
			if _, value, _ := strings.Cut(got, "[{nla_len="); !strings.HasSuffix(value, "}, "+test.want+"]]") {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
	device := "libudev\x00\xfe\xed\xca\xfe" + zeroes(28) + "ACTION=add"
	if got, want := netlinkText(uevent, []byte(device), uint64(len(device))), `[{prefix="libudev", magic=htonl(0xfeedcafe), header_size=0, `+
		`properties_off=0, properties_len=0, filter_subsystem_hash=htonl(0), filter_devtype_hash=htonl(0), filter_tag_bloom_hi=htonl(0), `+
		`filter_tag_bloom_lo=htonl(0)}, "ACTION=add"]`; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func zeroes(n int) string { return strings.Repeat("\x00", n) }

// netlinkText is how data is printed as what is sent to a socket of a protocol.
func netlinkText(protocol int, data []byte, size uint64) string {
	d := decode.New(decode.Options{
		Netlink:   func(int, int32) (int, bool) { return protocol, true },
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
	f.Add(0, message(18, 1, []byte{17, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, attribute(3, "eth0")), uint64(60))
	f.Add(0, message(2, 0x200, []byte{1, 0, 0, 0}, message(24, 0)), uint64(1<<31-1))
	f.Add(0, message(20, 0, []byte{2, 0, 0}), uint64(1<<63))
	f.Add(0, message(16, 0, make([]byte, 16), attribute(18, string(attribute(1, "tun")))), uint64(44))
	f.Add(0, message(24, 0, make([]byte, 12), attribute(9, "\x09\x00abcdefghi")), uint64(44))
	f.Add(4, message(20, 0, make([]byte, 72), attribute(22, "\xff\xff\xff")), uint64(100))
	f.Fuzz(func(t *testing.T, protocol int, data []byte, size uint64) { netlinkText(protocol, data, size) })
}
