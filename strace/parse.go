package strace

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// ParseOptions parses the arguments after the command's name. The error is a
// [*UsageError] in strace's words; the conventional exit status for it is 1.
func ParseOptions(args []string) (*Options, error) {
	return parseWith(parser{Options: defaults()}, args)
}

// tracing are the options that mean nothing to a recording.
var tracing = []string{"attach", "env", "user", "interruptible", "D", "daemonize", "stack", "pidns", "detach-on", "kill-on-exit", "seccomp", "mode",
	"inject", "fault", "fault-plan", "seed", "flight-recorder"}

// ParseReplayOptions parses the arguments of a replay: those options that concern
// the output, and a recording, which becomes the Command.
func ParseReplayOptions(args []string) (*Options, error) {
	return parseWith(parser{Options: defaults(), recording: true}, args)
}

func parseWith(p parser, args []string) (*Options, error) {
	rest, err := getopt(optionTable, args, p.use)
	if err == errEnough {
		return p.Options, nil
	}
	if err != nil {
		return nil, err
	}
	p.Command = rest
	if err := p.finish(); err != nil {
		return nil, err
	}
	return p.Options, nil
}

// errEnough ends the parsing at -h and -V.
var errEnough = plainError("enough")

// A parser collects what can only be judged when all options are known.
type parser struct {
	*Options
	follow, followLong, deprecatedFollow int
	separate                             int // --output-separately
	stamps, stampsLong                   int
	hexes, hexesLong                     int
	quiets, quietsLong                   int
	fds, fdsLong                         int
	daemons, daemonsLong                 int
	statusShort                          int
	summaryOnly, summaryToo              bool
	sortGiven, columnsGiven, seedGiven   bool
	recording                            bool // is what the command line names
}

// use carries out one option.
func (p *parser) use(g given) error {
	word, _, _ := strings.Cut(g.value, "=")
	if p.recording && (slices.Contains(tracing, g.key) || g.key == "e" && slices.Contains(tracing, qualifiers[word])) {
		return plainError("%s is for tracing, not for a recording", g.name)
	}
	if why, ok := unsupported[g.key]; ok {
		return plainError("%s is not supported: %s", g.name, why)
	}
	if done, err := p.useFlag(g); done {
		return err
	}
	return p.useValue(g)
}

// useFlag handles the options without a value.
func (p *parser) useFlag(g given) (bool, error) {
	switch g.key {
	case "help":
		p.Help = true
		return true, errEnough
	case "version":
		p.Version = true
		return true, errEnough
	case "follow":
		if g.short {
			p.follow++
		} else {
			p.followLong++
		}
	case "F":
		p.deprecatedFollow++
	case "separate":
		p.separate++
	case "append":
		p.Append = true
	case "debug":
		p.Debug = true
	case "ip":
		p.InstructionPointer = true
	case "number":
		p.CallNumber = true
	case "stack":
		p.StackTrace = true
	case "json":
		p.JSON = true
	case "kill-on-exit":
		p.KillOnExit = true
	case "seccomp":
		p.Seccomp = true
	case "no-abbrev":
		p.Full = syscalls.All()
	case "successful":
		p.Status = Successful
		p.statusShort++
	case "failed":
		p.Status = Failed
		p.statusShort++
	case "summary":
		p.summaryToo = true
	case "summary-only":
		p.summaryOnly = true
	case "wall":
		p.Summary.Wall = true
	case "q":
		p.quiets++
	case "r":
		p.Relative = Microseconds
	case "t":
		p.stamps++
	case "T":
		p.CallTime = Microseconds
	case "x":
		p.hexes++
	case "y":
		p.fds++
	case "Y":
		p.DecodePIDs |= PIDComm
	case "D":
		p.daemons++
	case "pidns":
		p.DecodePIDs |= PIDNamespace
	default:
		return false, nil
	}
	return true, nil
}

// useValue handles the options with a value.
func (p *parser) useValue(g given) error {
	v := g.value
	switch g.key {
	case "e":
		return p.expression(v)
	case "trace", "abbrev", "verbose", "raw", "signal", "status", "read", "write", "inject", "fault":
		return p.qualify(g.key, v)
	case "quiet":
		if !g.hasArg {
			v = "attach,personality"
		}
		return p.qualify("quiet", v)
	case "decode-pids":
		return p.qualify("decode-pids", v)
	case "daemonize":
		p.daemonsLong++
		return p.daemonize(g)
	case "decode-fds":
		if !g.hasArg {
			v = "path"
		}
		return p.qualify("decode-fds", v)
	case "attach":
		return p.attach(v)
	case "output":
		p.Output = v
		if v == "" {
			return plainError("Can't fopen '': No such file or directory")
		}
	case "record":
		p.Outputs.Record = v
	case "perfetto":
		p.Outputs.Perfetto = v
	case "pprof":
		p.Outputs.Pprof = v
	case "seccomp-profile":
		p.Outputs.Seccomp = v
	case "html":
		p.Outputs.HTML = v
	case "env":
		p.Env = append(p.Env, v)
	case "user":
		p.User = v
	case "fault-plan":
		return p.faultPlan(v)
	case "path":
		p.Paths = append(p.Paths, v)
	case "detach-on":
		if v != "execve" {
			return plainError("Syscall '%s' for -b isn't supported", v)
		}
		p.DetachOnExec = true
	case "summary-sort":
		c, ok := sortColumn(v)
		if !ok {
			return usageError("invalid sortby: '%s'", v)
		}
		p.Summary.SortBy, p.sortGiven = c, true
	case "summary-columns":
		p.columnsGiven = true
		return p.columns(v)
	case "timestamps":
		p.stampsLong++
		return p.timestamp(g)
	case "relative":
		return precision(g, &p.Relative)
	case "times":
		return precision(g, &p.CallTime)
	default:
		return p.useNumberOrWord(g)
	}
	return nil
}

// useNumberOrWord handles the options whose value is a number or one of a few
// words; all of them complain in the same way.
func (p *parser) useNumberOrWord(g given) error {
	ok := false
	switch g.key {
	case "columns":
		p.Column, ok = natural(g.value)
	case "string-limit":
		p.StringLimit, ok = natural(g.value)
	case "interruptible":
		if p.Interruptible, ok = choose(g.value, map[string]int{"anywhere": 1, "always": 1, "waiting": 2, "never": 3, "never_tstp": 4}); !ok {
			p.Interruptible, ok = natural(g.value)
			ok = ok && p.Interruptible >= 1 && p.Interruptible <= 4
		}
	case "constants":
		p.Constants, ok = choose(g.value, map[string]decode.XlatStyle{
			"raw": decode.XlatRaw, "abbrev": decode.XlatAbbrev, "verbose": decode.XlatVerbose})
	case "hex":
		p.hexesLong++
		p.Hex, ok = decode.HexAll, !g.hasArg
		if !ok {
			p.Hex, ok = choose(g.value, map[string]decode.HexStyle{
				"none": decode.HexNone, "non-ascii": decode.HexNonASCII,
				"non-ascii-chars": decode.HexNonASCIIChars, "all": decode.HexAll})
		}
	case "color":
		p.Colour, ok = ColourAlways, !g.hasArg
		if !ok {
			p.Colour, ok = choose(g.value, map[string]Colour{"auto": ColourAuto, "always": ColourAlways, "never": ColourNever})
		}
	case "flight-recorder":
		p.Outputs.Ring, ok = size(g.value)
	case "seed":
		p.Faults.Seed, p.seedGiven, ok = seed(g.value)
	case "overhead":
		p.Summary.Overhead, ok = overhead(g.value)
	case "mode":
		p.Mode, ok = choose(g.value, map[string]Mode{"auto": ModeAuto, "stop": ModeStop, "observe": ModeObserve})
	}
	if !ok {
		return usageError("invalid %s argument: '%s'", g.name, g.value)
	}
	return nil
}

// daemonize parses the argument of --daemonize.
func (p *parser) daemonize(g given) error {
	p.Daemon = Grandchild
	if !g.hasArg {
		return nil
	}
	place, ok := choose(g.value, map[string]Daemon{"grandchild": Grandchild, "pgroup": ProcessGroup, "pgrp": ProcessGroup, "session": Session})
	if !ok {
		return usageError("invalid %s argument: '%s'", g.name, g.value)
	}
	p.Daemon = place
	return nil
}

func choose[T any](word string, words map[string]T) (T, bool) {
	v, ok := words[word]
	return v, ok
}

// natural parses a decimal number that fits a C int, as strace takes them: no
// sign, no space, no other base.
func natural(s string) (int, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err == nil
}

// overhead parses a time with an optional unit; microseconds without one.
func overhead(s string) (time.Duration, bool) {
	unit := time.Microsecond
	for _, u := range []struct {
		suffix string
		unit   time.Duration
	}{{"ns", time.Nanosecond}, {"us", time.Microsecond}, {"ms", time.Millisecond}, {"s", time.Second}} {
		if n, ok := strings.CutSuffix(s, u.suffix); ok {
			s, unit = n, u.unit
			break
		}
	}
	f, err := strconv.ParseFloat(strings.TrimLeft(s, " \t"), 64)
	ns := f * float64(unit)
	if err != nil || !(ns >= 0 && ns < math.MaxInt64) {
		return 0, false
	}
	return time.Duration(ns), true
}

// attach adds the processes of one -p, which may be a list as pidof prints it.
func (p *parser) attach(list string) error {
	list = strings.TrimRight(list, ", \t\n")
	if list == "" {
		return nil
	}
	for {
		end := strings.IndexAny(list, ", \t\n")
		item := list
		if end >= 0 {
			item = list[:end]
		}
		pid, ok := natural(item)
		if !ok || pid == 0 {
			return plainError("Invalid process id: '%s'", item)
		}
		p.PIDs = append(p.PIDs, pid)
		if end < 0 {
			return nil
		}
		list = list[end+1:]
	}
}

// precision parses the argument of --relative-timestamps and --syscall-times.
func precision(g given, p *Precision) error {
	if !g.hasArg {
		*p = Microseconds
		return nil
	}
	v, ok := choose(g.value, precisions)
	if !ok {
		return usageError("invalid %s argument: '%s'", g.name, g.value)
	}
	*p = v
	return nil
}

var precisions = map[string]Precision{"s": Seconds, "ms": Milliseconds, "us": Microseconds, "ns": Nanoseconds}

// timestamp parses --absolute-timestamps=[[format:]FORMAT][,[precision:]PREC].
func (p *parser) timestamp(g given) error {
	stamp := p.Timestamp
	if stamp.Precision == NoTime {
		stamp.Precision = Seconds
	}
	none := false
	for _, word := range strings.Split(g.value, ",") {
		format, isFormat := strings.CutPrefix(word, "format:")
		digits, isPrecision := strings.CutPrefix(word, "precision:")
		pr, ok := precisions[digits]
		switch {
		case !g.hasArg:
		case !isPrecision && format == "none":
			none = true
		case !isPrecision && format == "time":
			stamp.Unix = false
		case !isPrecision && format == "unix":
			stamp.Unix = true
		case !isFormat && ok:
			stamp.Precision = pr
		default:
			return usageError("invalid %s argument: '%s'", g.name, g.value)
		}
	}
	if none {
		stamp = Timestamp{}
	}
	p.Timestamp = stamp
	return nil
}
