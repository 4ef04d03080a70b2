package gdbserver

import (
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// osSockets lists what proc_pid_net(5) has of TCP and UDP.
func osSockets(t *osTable) {
	for _, table := range []struct{ file, family, protocol string }{
		{"tcp", "INET", "STREAM"}, {"tcp6", "INET6", "STREAM"}, {"udp", "INET", "DGRAM"}, {"udp6", "INET6", "DGRAM"},
	} {
		text, err := os.ReadFile("/proc/net/" + table.file)
		if err != nil {
			continue // a kernel without
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			const local, remote, state, uid = 1, 2, 3, 7
			if len(f) <= uid {
				continue
			}
			ours, found := endpoint(f[local])
			theirs, foundTheirs := endpoint(f[remote])
			if !found || !foundTheirs { // the first line
				continue
			}
			t.row("local address", ours.Addr().String(), "local port", strconv.Itoa(int(ours.Port())),
				"remote address", theirs.Addr().String(), "remote port", strconv.Itoa(int(theirs.Port())),
				"state", socketState(f[state]), "user", t.user(f[uid]), "family", table.family, "protocol", table.protocol)
		}
	}
}

// endpoint parses an address and a port as /proc has them: words of four bytes in the
// machine's order, here the lowest byte first, and the port as a number.
func endpoint(text string) (at netip.AddrPort, ok bool) {
	address, port, _ := strings.Cut(text, ":")
	b, err := hex.DecodeString(address)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(b)%4 != 0 {
		return at, false
	}
	for word := range slices.Chunk(b, 4) {
		slices.Reverse(word)
	}
	addr, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr, uint16(n)), ok
}

// socketStates are the names of the kernel's states (tcp_states.h), from 1 on.
var socketStates = [...]string{
	"ESTABLISHED", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
}

func socketState(text string) string {
	n, err := strconv.ParseUint(text, 16, 8)
	if err != nil || n == 0 || n > uint64(len(socketStates)) {
		return "(" + text + ")"
	}
	return socketStates[n-1]
}
