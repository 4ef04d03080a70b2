package bpf

import "testing"

// FuzzReadText: what is understood is written again as it was meant.
func FuzzReadText(f *testing.F) {
	for _, text := range []string{`"a1:4096`, `a1+4096:4096=1*r`, `w0.16/8:33=12*a2!`, `sp:128`, `a6:1`, `:`, ``, `w200.1/8:1`, `a0:1=*`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var r, again Read
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		out, err := r.MarshalText()
		if err == nil {
			err = again.UnmarshalText(out)
		}
		if err != nil || again != r {
			t.Errorf("%q is %+v, written as %q: %v, %+v", text, r, out, err, again)
		}
	})
}
