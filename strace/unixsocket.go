package strace

import (
	"encoding/binary"
	"os"
	"strconv"
	"syscall"
)

// Numbers of sock_diag(7): the kernel tells by netlink what a socket of the Unix
// domain is connected with.
const (
	netlinkSockDiag  = 4
	sockDiagByFamily = 20

	unixDiagName, unixDiagPeer = 0, 2 // attributes of the answer
	showName, showPeer         = 1, 4

	netlinkHeader, unixRequest, unixAnswer = 16, 24, 16
)

// appendUnix appends what a socket of the Unix domain is, after its inode: the inode
// of its peer and its name, "->4711,\"/run/log\"". It reports false if there is
// neither, or the kernel does not say.
func appendUnix(buf []byte, inode string) ([]byte, bool) {
	number, err := strconv.ParseUint(inode, 10, 32)
	if err != nil {
		return buf, false
	}
	answer, err := askUnix(uint32(number))
	if err != nil {
		return buf, false
	}
	var name []byte
	var peer uint32
	for len(answer) >= 4 {
		size := int(binary.NativeEndian.Uint16(answer))
		if size < 4 || size > len(answer) {
			break
		}
		value := answer[4:size]
		switch binary.NativeEndian.Uint16(answer[2:]) {
		case unixDiagName:
			name = value
		case unixDiagPeer:
			if len(value) >= 4 {
				peer = binary.NativeEndian.Uint32(value)
			}
		}
		answer = answer[min((size+3)&^3, len(answer)):]
	}
	if peer == 0 && len(name) == 0 {
		return buf, false
	}
	buf = append(buf, inode...)
	if peer != 0 {
		buf = strconv.AppendUint(append(buf, "->"...), uint64(peer), 10)
	}
	if len(name) > 0 {
		buf = append(buf, ',')
		if name[0] == 0 { // the abstract space
			buf = append(buf, '@')
			name = name[1:]
		}
		buf = append(buf, '"')
		for i, c := range name {
			if c == 0 {
				name = name[:i]
				break
			}
		}
		buf = append(appendPath(buf, string(name)), '"')
	}
	return buf, true
}

// askUnix asks for one socket, and returns the attributes of the answer.
func askUnix(inode uint32) ([]byte, error) {
	s, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, netlinkSockDiag)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer syscall.Close(s)
	// The kernel answers before the request returns, if it does at all.
	timeout := syscall.NsecToTimeval(1e8)
	if err := syscall.SetsockoptTimeval(s, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout); err != nil {
		return nil, os.NewSyscallError("setsockopt", err)
	}
	request := make([]byte, 0, netlinkHeader+unixRequest)
	put32 := func(v uint32) { request = binary.NativeEndian.AppendUint32(request, v) }
	put32(netlinkHeader + unixRequest)
	request = binary.NativeEndian.AppendUint16(request, sockDiagByFamily)
	request = binary.NativeEndian.AppendUint16(request, syscall.NLM_F_REQUEST)
	put32(0) // sequence
	put32(0) // our id, which the kernel knows
	request = append(request, syscall.AF_UNIX, 0, 0, 0)
	put32(^uint32(0)) // sockets in any state
	put32(inode)
	put32(showName | showPeer)
	put32(^uint32(0)) // no cookie
	put32(^uint32(0))
	if err := syscall.Sendto(s, request, 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return nil, os.NewSyscallError("sendto", err)
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(s, answer, 0)
	if err != nil {
		return nil, os.NewSyscallError("recvfrom", err)
	}
	if n < netlinkHeader+unixAnswer || binary.NativeEndian.Uint16(answer[4:]) != sockDiagByFamily {
		return nil, syscall.ENOENT
	}
	return answer[netlinkHeader+unixAnswer : n], nil
}
