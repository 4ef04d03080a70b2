package inject

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	r, err := Parse("chdir,%network:error={ENOENT,5}:when=2..9+3:signal=usr1:delay_enter=2ms:delay_exit=7:poke_enter=@arg1=00ff,@arg2=01:prob=25%:fd=3")
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case len(r.Errors) != 2 || r.Errors[0] != syscall.ENOENT || r.Errors[1] != syscall.EIO,
		r.When != When{2, 9, 3}, r.Signal != int(syscall.SIGUSR1),
		r.DelayEnter != 2*time.Millisecond || r.DelayExit != 7*time.Microsecond,
		len(r.PokeEnter) != 2 || r.PokeEnter[1].Arg != 1 || string(r.PokeEnter[0].Data) != "\x00\xff",
		r.Chance != 0.25, r.Files == nil:
		t.Errorf("%+v", r)
	}
	if r, err := ParseFault("chdir"); err != nil || len(r.Errors) != 1 || r.Errors[0] != syscall.ENOSYS {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := Parse("chdir:retval=-1"); err != nil || *r.Result != ^uint64(0) {
		t.Errorf("%+v, %v", r, err)
	}
}

// What is refused is refused in strace's words.
func TestMistakes(t *testing.T) {
	for _, value := range []string{
		"chdir", "chdir:error=XX", "chdir:error=0", "chdir:error=4096", "chdir:error=1:error=2", "chdir:error=1:retval=3",
		"chdir:error={", "chdir:error={}", "chdir:error={EIO,}", "chdir:error=EIO:when=0", "chdir:error=EIO:when=2..1",
		"chdir:error=EIO:when=65536", "chdir:error=EIO:when=1+0", "chdir:error=EIO:when=", "chdir:signal=99", "chdir:signal=1:signal=2",
		"chdir:delay_enter=abc", "chdir:delay_exit=-1", "chdir:delay_exit=1e300", "chdir:poke_enter=@arg9=00", "chdir:poke_enter=@arg1=0",
		"chdir:poke_exit=@arg1=", "chdir:poke_exit=@arg1=00,@arg1=00", "chdir:syscall=open:retval=1", "chdir:prob=0:error=EIO",
		"chdir:prob=1.1:error=EIO", "chdir:prob=NaN:error=EIO", "chdir:fd=-1:error=EIO", "chdir:path=:error=EIO", "chdir:error=EIO:unknown=1", "chdir:error",
	} {
		_, err := Parse(value)
		if want := "invalid inject argument '" + value + "'"; err == nil || err.Error() != want {
			t.Errorf("%s: %v", value, err)
		}
	}
	if _, err := Parse("nothing:error=1"); err == nil || err.Error() != "invalid system call 'nothing'" {
		t.Error(err)
	}
	if _, err := Parse("chdir:when=2"); !errors.Is(err, ErrNoEffect) {
		t.Error(err)
	}
	if _, err := ParseFault("chdir:retval=4"); err == nil {
		t.Error("a fault has no result")
	}
}

func TestWhen(t *testing.T) {
	for text, want := range map[string]string{
		"":       "1 2 3 4 5 6 7 8 9",
		"3":      "3",
		"3+":     "3 4 5 6 7 8 9",
		"2+3":    "2 5 8",
		"2..4":   "2 3 4",
		"2..6+2": "2 4 6",
		"2..7+3": "2 5",
		"4..4":   "4",
		"2..5+":  "2 3 4 5",
	} {
		var w When
		if text != "" {
			var ok bool
			if w, ok = parseWhen(text); !ok {
				t.Errorf("%q is refused", text)
			}
		}
		var got []string
		for n := uint(1); n < 10; n++ {
			if w.Picks(n) {
				got = append(got, string(rune('0'+n)))
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q picks %s, want %s", text, g, want)
		}
	}
}

func TestPlanFile(t *testing.T) {
	var p Plan
	err := p.Read(strings.NewReader("# two rules\n\nseed=77\ninject=chdir:error={EIO,EPERM} # by lot\n\tfault=%file:when=2:path=/a#b\n"))
	if err != nil || len(p.Rules) != 2 || p.Seed != 77 || !p.Random() {
		t.Errorf("%+v, %v", p, err)
	}
	for text, want := range map[string]string{
		"\ninject=chdir:error=0": "line 2: invalid inject argument 'chdir:error=0'",
		"chdir:error=EIO":        "line 1: 'chdir:error=EIO' is none of inject=, fault= and seed=",
		"seed=x":                 "line 1: ",
	} {
		if err := new(Plan).Read(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Lots are spread evenly, and are the same for the same seed.
func TestLots(t *testing.T) {
	plan := Plan{Seed: 5}
	a, b := plan.Thread(0).Child(), plan.Thread(0).Child()
	other := (&Plan{Seed: 6}).Thread(0).Child()
	hits, differ := 0, 0
	for n := range uint(10000) {
		lot := a.lot(invocation{nr: 80}, n, 0.3)
		if lot {
			hits++
		}
		if b.lot(invocation{nr: 80}, n, 0.3) != lot {
			t.Fatal("the same seed and thread, another lot")
		}
		if other.lot(invocation{nr: 80}, n, 0.3) != lot {
			differ++
		}
	}
	if hits < 2800 || hits > 3200 || differ < 3000 {
		t.Errorf("%d of 10000 at 0.3, %d differ with another seed", hits, differ)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("chdir:error={ENOENT,5}:when=2..9+3:signal=usr1:delay_enter=2ms:poke_enter=@arg1=00ff:prob=25%:fd=3")
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 200 || strings.Contains(value, "/") {
			return // regular expressions are somebody else's
		}
		r, err := Parse(value)
		if err == nil && r.empty() {
			t.Errorf("%q changes nothing and is accepted", value)
		}
	})
}
