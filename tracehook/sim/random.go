package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// chaos disturbs a random world from outside.
type chaos struct {
	left int // disturbances still to come
}

// Random makes a world of a few processes with random programs, and an outside
// that stops, continues, signals and kills them at random moments. All of it
// comes from the seed; so does what [World.Scripts] returns. Every process ends
// sooner or later, if its tracer lets it.
func Random(seed uint64) *World {
	w := New(seed)
	gen := &generator{rng: rand.New(rand.NewPCG(seed, 1)), budget: 30}
	for range 1 + gen.rng.IntN(3) {
		script := gen.block(3)
		w.scripts = append(w.scripts, script)
		if _, err := w.Spawn(script); err != nil {
			panic(fmt.Sprintf("sim: seed %d made a bad script: %v", seed, err))
		}
	}
	w.chaos = &chaos{left: gen.rng.IntN(12)}
	return w
}

// Scripts are the programs of a random world, for people who look into a seed
// that fails.
func (w *World) Scripts() []string { return w.scripts }

// generator writes random scripts.
type generator struct {
	rng    *rand.Rand
	budget int // statements left
}

var simple = []string{
	"getppid", "getpid", "gettid", "yield", `print "x"`, "sleep 1", "spin 3", "getppid*3",
	"handle USR1", "handle USR1 restart", "handle USR2 print", "handle RTMIN", "ignore CHLD", "ignore USR1",
	"default USR1", "block USR1", "unblock USR1", "block RTMIN", "unblock RTMIN", "handle SEGV; segv", "handle TRAP; int3",
	"kill CHLD", "tkill URG", "sigqueue RTMIN 7", "kill USR1", "tkill USR1", "kill WINCH",
}

var rare = []string{
	"stop", "exit 3", "exitthread 4", "wait", "wait untraced", "join", "segv", "int3", "kill TERM",
	"tkill KILL", "killparent CHLD", "killparent CONT", "kill TSTP",
}

// block writes some statements, with blocks nested at most depth deep.
func (g *generator) block(depth int) string {
	var b strings.Builder
	for range 1 + g.rng.IntN(7) {
		if g.budget--; g.budget < 0 {
			break
		}
		b.WriteString(g.statement(depth))
		b.WriteString("; ")
	}
	return b.String()
}

func (g *generator) statement(depth int) string {
	switch n := g.rng.IntN(20); {
	case n < 10 || depth == 0:
		return simple[g.rng.IntN(len(simple))]
	case n < 12:
		return rare[g.rng.IntN(len(rare))]
	}
	opener := []string{"fork", "fork", "vfork", "clone3", "thread", "thread", "thread", "exec", "repeat 2"}[g.rng.IntN(9)]
	body := g.block(depth - 1)
	after := ""
	if opener == "fork" && g.rng.IntN(2) == 0 {
		after = "; wait"
	}
	return opener + " { " + body + "}" + after
}

// disturb does something to somebody, now and then; and when nothing else can
// happen any more it ends, one by one, what waits for ever.
func (c *chaos) disturb(w *World) bool {
	if c.left > 0 && w.rng.IntN(40) == 0 {
		c.left--
		signals := []int{sigKILL, sigSTOP, sigCONT, sigTSTP, 10, 12, 15, sigCHLD, rtmin}
		return c.signal(w, signals[w.rng.IntN(len(signals))])
	}
	if len(w.runq) == 0 && w.quiet() && w.untilTimer() < 0 {
		c.left = 0
		return c.signal(w, sigKILL)
	}
	return false
}

// quiet reports whether no loop and no observer has anything to do.
func (w *World) quiet() bool {
	for _, l := range w.loops {
		if l.choices() > 0 {
			return false
		}
	}
	for _, o := range w.eyes {
		if o.choices() > 0 {
			return false
		}
	}
	return true
}

// signal sends to a random thread or process that is alive.
func (c *chaos) signal(w *World, n int) bool {
	ids := w.ids()
	if len(ids) == 0 {
		return false
	}
	first := w.rng.IntN(len(ids))
	for i := range ids {
		t := w.threads[ids[(first+i)%len(ids)]]
		if t.state == zombie || t.killed || t.proc.exiting {
			continue
		}
		info := outside(n, 0)
		if w.rng.IntN(2) == 0 {
			t.send(info)
		} else {
			t.proc.send(info)
		}
		return true
	}
	return false
}
