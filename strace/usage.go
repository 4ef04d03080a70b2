package strace

import (
	"fmt"
	"strings"
)

// Usage returns the text of -h for a command named program.
func Usage(program string) string {
	return strings.ReplaceAll(usage, "PROGRAM", program)
}

// ReplayUsage returns the text of -h for a command named program that replays.
func ReplayUsage(program string) string {
	return fmt.Sprintf(`Usage: %s [OPTION]... FILE

Print a recording of utrace strace --record as if the program ran now: as lines
on standard output, or in other forms. The options are those of utrace strace
that say which events to show and how: -e trace=, signal=, status=, abbrev=,
verbose=, raw=, read= and write=, -z, -Z, -P, -o, -A, -ff, --json, -t, -r, -T,
-i, -n, -a, --color, -s, -x, -X, -v, -y, -q, -c, -C, -w, -S, -U, -O, --record, --perfetto,
--pprof, --html, --seccomp-profile.
`, program)
}

// VersionText returns the text of -V.
func VersionText(program, version string) string {
	return fmt.Sprintf("%s -- version %s\nThe options and the output are those of strace 6.1; see docs/strace.md.\n", program, version)
}

const usage = `Usage: PROGRAM [OPTION]... PROG [ARG]...
       PROGRAM [OPTION]... -p PID [PROG [ARG]...]

Trace the system calls and signals of a program or of running processes. The
trace goes to standard error or to the file of -o. Options end at the first
argument that is none.

What to trace:
  -p, --attach=PID[,PID]...      attach to running processes
  -f, --follow-forks             trace new processes and threads too; with -p
                                 all threads of the process
  -b, --detach-on=execve         let go of a process that calls execve
  -E, --env=VAR=VAL | VAR        set or remove a variable for PROG
  -u, --user=NAME                run PROG as this user
  -D, -DD, -DDD, --daemonize[=grandchild|pgroup|session]
                                 run the tracer as a grandchild, in a process
                                 group or a session of its own
  -I, --interruptible=WHEN       1 anywhere, 2 waiting, 3 never, 4 never_tstp
      --kill-on-exit             kill the tracees when the tracer dies
      --seccomp-bpf              stop only for the calls to trace (needs -f)
      --mode=auto|observe|stop   how to watch

Which events to show:
  -e trace=SET, --trace=SET      calls: names, numbers, /regex, %CLASS, all,
                                 none; !SET for all others, ?NAME if it
                                 exists, NAME@64, @32, @x32. Classes: %file
                                 %process %network %signal %ipc %desc %memory
                                 %creds %clock %stat %lstat %fstat %%stat
                                 %statfs %fstatfs %%statfs %pure
  -e signal=SET                  signals
  -e status=SET                  successful, failed, unfinished, unavailable,
                                 detached
  -z, --successful-only          calls that succeeded
  -Z, --failed-only              calls that failed
  -P, --trace-path=PATH          calls that touch PATH

What a line looks like:
  -o, --output=FILE | '|CMD'     write the trace to a file or to a command
  -A, --output-append-mode       add to FILE
  -ff                            -f with one file FILE.PID for each thread
      --output-separately        the same without -f
      --json                     one JSON object per event
  -t, -tt, -ttt                  time of day, with microseconds, as seconds
                                 since the epoch
      --absolute-timestamps[=[none|time|unix][,s|ms|us|ns]]
  -r, --relative-timestamps[=s|ms|us|ns]
                                 time since the line before
  -T, --syscall-times[=s|ms|us|ns]
                                 time spent in the call
  -i, --instruction-pointer      address of the call
  -n, --syscall-number           number of the call
  -k, --stack-traces             who called
  -a, --columns=N                column of the result (40)
      --color[=auto|always|never]
                                 names, errors and signals in colours
  -s, --string-limit=N           bytes of a string to show (32)
  -x, -xx, --strings-in-hex[=none|non-ascii-chars|non-ascii|all]
                                 strings in hexadecimal
  -X, --const-print-style=raw|abbrev|verbose
                                 how to print named constants
  -v, --no-abbrev                print structures in full
  -e abbrev=SET                  abbreviate the structures of these calls
  -e verbose=SET                 print structures for these calls
  -e raw=SET                     print numbers for these calls
  -e read=FDS, -e write=FDS      dump the data of these descriptors
  -y, -yy, --decode-fds[=path,socket,dev,pidfd|all]
                                 say what descriptors are open on
  -Y, --decode-pids=comm         say what processes call themselves
      --decode-pids=pidns, --pidns-translation
                                 say which ids of another PID namespace are ours
  -e kvm=vcpu, --kvm=vcpu        say why a virtual processor has stopped
  -q, -qq, -qqq, --quiet[=attach,exit,path-resolution,personality,thread-execve|all]
                                 leave out messages

What calls shall do instead:
  -e inject=SET[:error=ERRNO|:retval=N][:signal=SIG][:syscall=CALL]
        [:delay_enter=TIME][:delay_exit=TIME][:when=FIRST[..LAST][+[STEP]]]
        [:poke_enter=@argN=HEX,...][:poke_exit=@argN=HEX,...]
        [:error={ERRNO,...}][:prob=P][:path=FILE][:fd=N]
                                 change the calls of SET; of several rules
                                 that fit, the last one counts
  -e fault=SET[:error=ERRNO][:when=EXPR]
                                 have them fail, with ENOSYS if nothing is said
      --fault-plan=FILE          rules from a file
      --seed=N                   repeat what prob= and {...} drew by lot

Other forms; without -o and --json there are no lines then:
      --record=FILE              a recording, to be printed by utrace replay
      --flight-recorder=SIZE     keep the last SIZE bytes (64k, 16M) of it in
                                 memory, and write them if the program crashes
                                 or fails, or when this process gets SIGUSR2
      --perfetto=FILE            a trace for ui.perfetto.dev
      --pprof=FILE               a profile for go tool pprof
      --seccomp-profile=FILE     an OCI profile that allows the calls that were made
      --html=FILE                a report to look at and to send

Summary:
  -c, --summary-only             count calls, errors and time; no trace
  -C, --summary                  the same besides the trace
  -w, --summary-wall-clock       count elapsed instead of processor time
  -S, --summary-sort-by=COLUMN   time, min-time, max-time, avg-time, calls,
                                 errors, name, nothing, p50, p90, p99
  -U, --summary-columns=COLUMN,...
                                 time-percent, total-time, min-time, max-time,
                                 avg-time, calls, errors, name, p50, p90, p99
  -O, --summary-syscall-overhead=TIME
                                 take this off the time of every call

  -d, --debug                    messages about the tracer itself
  -h, --help                     this text
  -V, --version                  the version
`
