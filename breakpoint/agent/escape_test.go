package agent

import "testing"

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		`plain`: "plain", `a\n`: "a\n", `\\n`: `\n`, `\"\e\t`: "\"\x1b\t", `\1013`: "A3", `\7x`: "\ax", `\q`: `\q`, `\`: `\`, "": "",
	} {
		if got := unescape(in); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
}
