package strace

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/strace/decode"
)

// socketTables are the files under /proc/pid/net that list the sockets of a
// protocol by inode, with their addresses (proc_pid_net(5)).
var socketTables = map[string]string{
	"TCP": "tcp", "TCPv6": "tcp6", "UDP": "udp", "UDPv6": "udp6",
	"UDPLITE": "udplite", "UDPLITEv6": "udplite6", "RAW": "raw", "RAWv6": "raw6",
}

// appendSocket appends the protocol and the addresses of a socket, or its
// inode where it has none: TCP:[127.0.0.1:80->127.0.0.1:4711]. It reports
// false if not even the protocol can be learnt.
func appendSocket(buf []byte, tid int, fd, inode string) ([]byte, bool) {
	var name [64]byte
	n, err := syscall.Getxattr(fd, "system.sockprotoname", name[:])
	if err != nil || n <= 0 {
		return buf, false
	}
	protocol := strings.TrimRight(string(name[:n]), "\x00")
	buf = append(append(buf, protocol...), ":["...)
	if table := socketTables[protocol]; table != "" {
		if local, remote, ok := socketAddresses(procfs.Root()+itoa(tid)+"/net/"+table, inode); ok {
			buf = append(buf, local.String()...)
			if remote.Port() != 0 {
				buf = append(append(buf, "->"...), remote.String()...)
			}
			return append(buf, ']'), true
		}
	}
	switch {
	case strings.HasPrefix(protocol, "UNIX"):
		if out, ok := appendUnix(buf, inode); ok {
			return append(out, ']'), true
		}
	case protocol == "NETLINK":
		if number, port, ok := netlinkSocket(tid, inode); ok {
			buf = append(append(buf, decode.NetlinkProtocol(number)...), ':')
			return append(append(buf, port...), ']'), true
		}
	}
	return append(append(buf, inode...), ']'), true
}

// socketAddresses finds a socket in one of the tables.
func socketAddresses(table, inode string) (local, remote netip.AddrPort, ok bool) {
	text, err := os.ReadFile(table)
	if err != nil {
		return local, remote, false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[9] != inode {
			continue
		}
		local, ok = socketAddress(fields[1])
		if ok {
			remote, ok = socketAddress(fields[2])
		}
		return local, remote, ok && local.Port() != 0
	}
	return local, remote, false
}

// socketAddress parses ADDRESS:PORT in hexadecimal. The address is printed as
// 32-bit numbers whose bytes in memory are in network order.
func socketAddress(s string) (netip.AddrPort, bool) {
	address, port, _ := strings.Cut(s, ":")
	p, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	raw, err := hex.DecodeString(address)
	if err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	a, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(a, uint16(p)), ok
}

// interfaceName is what a network interface is called, "" if it is not known. It
// is ours: a thread in another network namespace may have others.
func interfaceName(tid, index int) string {
	ours, err := os.Readlink(procfs.Root() + "self/ns/net")
	theirs, err2 := os.Readlink(procfs.Root() + itoa(tid) + "/ns/net")
	if err != nil || err2 != nil || ours != theirs {
		return ""
	}
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return ""
	}
	return i.Name
}

// netlinkProtocol is the protocol of a netlink socket, as proc_pid_net(5) lists it.
func netlinkProtocol(tid int, fd int32) (protocol int, ok bool) {
	file := procfs.Root() + itoa(tid) + "/fd/" + itoa(int(fd))
	var name [64]byte
	if n, err := syscall.Getxattr(file, "system.sockprotoname", name[:]); err != nil || !strings.HasPrefix(string(name[:n]), "NETLINK") {
		return 0, false
	}
	link, err := os.Readlink(file)
	if err != nil {
		return 0, false
	}
	protocol, _, ok = netlinkSocket(tid, strings.TrimSuffix(strings.TrimPrefix(link, "socket:["), "]"))
	return protocol, ok
}

// netlinkSocket finds a netlink socket that has an address: its protocol and the
// number that is its address.
func netlinkSocket(tid int, inode string) (protocol int, port string, ok bool) {
	text, err := os.ReadFile(procfs.Root() + itoa(tid) + "/net/netlink")
	if err != nil {
		return 0, "", false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) >= 10 && fields[9] == inode {
			protocol, err = strconv.Atoi(fields[1])
			return protocol, fields[2], err == nil
		}
	}
	return 0, "", false
}
