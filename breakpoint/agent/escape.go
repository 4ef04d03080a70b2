package agent

import "strings"

// escapes are what stands behind a backslash, as in C.
var escapes = map[byte]byte{
	'\\': '\\', 'a': '\a', 'b': '\b', 'e': 27, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '"': '"',
}

// unescape does what gdb leaves to who prints (format_pieces of gdb): it sends
// the format of a dprintf as its user has typed it. A backslash before anything
// else, or at the end, stands for itself.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		c, known := escapes[s[i]]
		switch {
		case known:
			b.WriteByte(c)
		case '0' <= s[i] && s[i] <= '7':
			v, n := 0, 0
			for ; n < 3 && i+n < len(s) && '0' <= s[i+n] && s[i+n] <= '7'; n++ {
				v = v<<3 | int(s[i+n]-'0')
			}
			b.WriteByte(byte(v))
			i += n - 1
		default:
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
