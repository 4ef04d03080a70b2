package strace

import "bytes"

// peers remembers what connected sockets were called, by inode: one whose peer has gone
// is still known by it. A Log has one, and uses it with its lock held.
type peers map[string]string

// peersLimit bounds what is remembered of a program that connects for ever.
const peersLimit = 1024

// remember replaces what is said of a socket, from start on, by what was said of it when
// it had a peer, if it has none any more.
func (p peers) remember(buf []byte, start int, inode string) []byte {
	known, ok := p[inode]
	switch text := buf[start:]; {
	case bytes.Contains(text, []byte("->")):
		if string(text) == known {
			break
		}
		if len(p) >= peersLimit {
			clear(p)
		}
		p[inode] = string(text)
	case ok:
		return append(buf[:start], known...)
	}
	return buf
}
