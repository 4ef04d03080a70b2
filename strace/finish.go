package strace

import (
	"fmt"

	"github.com/utrace/utrace/strace/decode"
)

// finish checks which options go together and sets what follows from several.
func (p *parser) finish() error {
	if p.recording && len(p.Command) != 1 {
		return usageError("must have the name of a recording")
	}
	if len(p.Command) == 0 && len(p.PIDs) == 0 {
		return usageError("must have PROG [ARGS] or -p PID")
	}
	for _, c := range []struct {
		short, long         int
		shortName, longName string
	}{
		{p.follow, p.followLong, "-f", "--follow-forks"},
		{p.follow / 2, p.separate, "-ff", "--output-separately"},
		{p.fds, p.fdsLong, "-y", "--decode-fds"},
		{p.stamps, p.stampsLong, "-t", "--absolute-timestamps"},
		{p.hexes, p.hexesLong, "-x", "--strings-in-hex"},
		{p.quiets, p.quietsLong, "-q", "-e quiet/--quiet"},
		{p.daemons, p.daemonsLong, "-D", "--daemonize"},
	} {
		if c.short > 0 && c.long > 0 {
			return plainError("%s and %s cannot be provided simultaneously", c.shortName, c.longName)
		}
	}
	p.repeated()
	if p.Daemon != Foreground && len(p.Command) == 0 {
		return usageError("PROG [ARGS] must be specified with -D/--daemonize")
	}
	if most := int(Session); p.daemons > most {
		return usageError("Too many -D's (%d), maximum supported -D count is %d", p.daemons, most)
	}
	if err := p.finishOutput(); err != nil {
		return err
	}
	if err := p.finishOutputs(); err != nil {
		return err
	}
	if err := p.finishSummary(); err != nil {
		return err
	}
	p.finishSeccomp()
	p.finishFaults()
	return nil
}

// repeated gives the letters that may be repeated their meaning.
func (p *parser) repeated() {
	p.Follow = p.follow+p.followLong+p.deprecatedFollow > 0
	if p.deprecatedFollow > 0 {
		if p.follow+p.followLong > 0 {
			p.warn("deprecated option -F ignored")
		} else {
			p.warn("option -F is deprecated, please use -f/--follow-forks instead")
		}
	}
	p.Separate = p.separate > 0 || p.follow > 1
	switch {
	case p.stamps == 1:
		p.Timestamp = Timestamp{Precision: Seconds}
	case p.stamps == 2:
		p.Timestamp = Timestamp{Precision: Microseconds}
	case p.stamps > 2:
		p.Timestamp = Timestamp{Precision: Microseconds, Unix: true}
	}
	switch {
	case p.hexes == 1:
		p.Hex = decode.HexNonASCII
	case p.hexes > 1:
		p.Hex = decode.HexAll
	}
	switch {
	case p.fds == 1:
		p.DecodeFDs = FDPath
	case p.fds > 1:
		p.DecodeFDs = allFDDetails
	}
	switch {
	case p.quiets == 1:
		p.Quiet = QuietAttach | QuietPersonality
	case p.quiets == 2:
		p.Quiet = QuietAttach | QuietPersonality | QuietExit
	case p.quiets > 2:
		p.Quiet = AllQuiet
	}
	if p.daemons > 0 {
		p.Daemon = Daemon(p.daemons)
	}
	if p.statusShort > 1 {
		p.warn("Only the last of -z/--successful-only/-Z/--failed-only options will take effect. See status qualifier for more complex filters.")
	}
}

func (p *parser) finishOutput() error {
	if p.Separate && pipes(p.Output) {
		return usageError("piping the output and -ff/--output-separately are mutually exclusive")
	}
	if p.Output == "" {
		if p.Separate && !p.Follow {
			p.warn("--output-separately has no effect without -o/--output")
		}
		if p.Append {
			p.warn("-A/--output-append-mode has no effect without -o/--output")
		}
		// Without a name to add thread ids to there is one output only.
		if !p.summaryOnly && !p.summaryToo {
			p.Separate = false
		}
	} else if len(p.PIDs) == 0 {
		// A trace in a file tells the story by itself, and the command's
		// terminal is not disturbed.
		p.Quiet |= QuietAttach | QuietPersonality
	}
	if p.JSON && p.Colour == ColourAlways {
		p.warn("--color has no effect with --json")
	}
	if p.Interruptible == 0 {
		p.Interruptible = 2
		if p.Output != "" && len(p.Command) > 0 {
			p.Interruptible = 3
		}
	}
	return nil
}

// pipes tells whether the argument of -o is a command.
func pipes(output string) bool {
	return output != "" && (output[0] == '|' || output[0] == '!')
}

func (p *parser) finishSummary() error {
	const summary = "(-c/--summary-only or -C/--summary)"
	p.Summary.Only = p.summaryOnly
	p.Summary.Enabled = p.summaryOnly || p.summaryToo
	switch {
	case p.summaryOnly && p.summaryToo:
		return usageError("-c/--summary-only and -C/--summary are mutually exclusive")
	case p.Summary.Enabled && p.Separate:
		return usageError("%s and -ff/--output-separately are mutually exclusive", summary)
	case p.Summary.Wall && !p.Summary.Enabled:
		return usageError("-w/--summary-wall-clock must be given with %s", summary)
	case p.columnsGiven && !p.Summary.Enabled:
		return usageError("-U/--summary-columns must be given with %s", summary)
	}
	if p.sortGiven && !p.Summary.Enabled {
		p.warn("-S/--summary-sort-by has no effect without %s", summary)
	}
	if !p.summaryOnly {
		return nil
	}
	for _, o := range []struct {
		given bool
		name  string
	}{
		{p.InstructionPointer, "-i/--instruction-pointer"},
		{p.CallNumber, "-n/--syscall-number"},
		{p.Relative != NoTime, "-r/--relative-timestamps"},
		{p.Timestamp.Precision != NoTime, "-t/--absolute-timestamps"},
		{p.CallTime != NoTime, "-T/--syscall-times"},
		{p.DecodeFDs != 0, "-y/--decode-fds"},
		{p.JSON, "--json"},
		{p.Colour == ColourAlways, "--color"},
	} {
		if o.given {
			p.warn("%s has no effect with -c/--summary-only", o.name)
		}
	}
	return nil
}

// finishSeccomp turns the filter off where it cannot work: it is installed by
// the command before its exec and inherited by its children, so a child that
// nobody follows would get ENOSYS for every call (seccomp(2),
// SECCOMP_RET_TRACE without a tracer).
func (p *parser) finishSeccomp() {
	if !p.Seccomp {
		return
	}
	if p.DetachOnExec {
		p.warn("--seccomp-bpf is not enabled because it is not compatible with -b")
		p.Seccomp = false
		return
	}
	if len(p.PIDs) > 0 {
		p.warn("--seccomp-bpf is not enabled for processes attached with -p")
	}
	if !p.Follow {
		p.warn("--seccomp-bpf cannot be used without -f/--follow-forks, disabling")
		p.Seccomp = false
	}
	if len(p.Command) == 0 {
		p.Seccomp = false
	}
}

func (p *parser) warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}
