package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/utrace/utrace/internal/procfs"
	"github.com/utrace/utrace/internal/ptrace"
	"github.com/utrace/utrace/launch"
	"github.com/utrace/utrace/tracehook/bpf"
)

// diagnosis is what doctor finds out. Its JSON form is stable: fields are only
// added.
type diagnosis struct {
	V        int       `json:"v"`
	Version  string    `json:"version"`
	Facts    []fact    `json:"facts"`
	Features []feature `json:"features"`
	Limits   []string  `json:"limits"`
}

// fact is something about the machine or about us.
type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	// Hint says what it means, where that is not plain.
	Hint string `json:"hint,omitempty"`
}

// feature is the answer to a probe of the kernel.
type feature struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Detail    string `json:"detail,omitempty"`
}

func doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor [--json]",
		Short: "Say what this machine lets utrace do",
		Long: `doctor tries what tracing needs, rather than guess from versions, and says
what is there, what is missing, and what that means.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := diagnose()
			if !asJSON {
				return d.print(cmd.OutOrStdout())
			}
			enc := json.NewEncoder(cmd.OutOrStdout())
			enc.SetIndent("", "  ")
			return enc.Encode(d)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// diagnose looks at everything once.
func diagnose() *diagnosis {
	d := &diagnosis{V: 1, Version: versionText(), Facts: facts(), Limits: launch.Limits()}
	for _, f := range ptrace.Features() {
		d.Features = append(d.Features, feature{f.Name, f.Available, f.Detail})
	}
	d.Features = append(d.Features, observing())
	return d
}

// observing is whether threads can be observed without stopping them.
func observing() feature {
	f := feature{Name: "observing by eBPF", Available: true, Detail: "threads are not stopped where only observing is asked for"}
	if err := bpf.Probe(); err != nil {
		f.Available, f.Detail = false, err.Error()
	}
	return f
}

func facts() []fact {
	list := []fact{{Name: "kernel", Value: strings.TrimSpace(readText("/proc/sys/kernel/osrelease"))}}
	if self, err := procfs.ReadStatus(os.Getpid()); err == nil {
		list = append(list,
			fact{"user", fmt.Sprint(self.UIDs[1]), ""},
			fact{"capability to trace others' programs", yes(self.Effective&(1<<capSysPtrace) != 0), "CAP_SYS_PTRACE"})
		list = append(list, ourFilter(self.Seccomp), ourTracer(self.Tracer))
	}
	return append(list, yama())
}

// capSysPtrace is the number of CAP_SYS_PTRACE (capabilities(7)).
const capSysPtrace = 19

func ourFilter(mode int) fact {
	f := fact{Name: "seccomp filter on us", Value: yes(mode != 0)}
	if mode != 0 {
		f.Hint = "a container's, perhaps; it may forbid ptrace(2)"
	}
	return f
}

func ourTracer(pid int) fact {
	f := fact{Name: "traced ourselves", Value: yes(pid != 0)}
	if pid != 0 {
		f.Hint = fmt.Sprintf("by process %d", pid)
	}
	return f
}

// yama is the policy of the Yama security module (Yama.rst in the kernel's
// documentation).
func yama() fact {
	f := fact{Name: "Yama ptrace_scope", Value: strings.TrimSpace(readText("/proc/sys/kernel/yama/ptrace_scope"))}
	switch f.Value {
	case "":
		f.Value, f.Hint = "none", "any process of the same user can be attached to"
	case "0":
		f.Hint = "any process of the same user can be attached to"
	case "1":
		f.Hint = "only our own children, and who allows it by PR_SET_PTRACER; remedy: sysctl kernel.yama.ptrace_scope=0"
	case "2":
		f.Hint = "attaching takes CAP_SYS_PTRACE"
	case "3":
		f.Hint = "nobody can attach, until the next reboot"
	}
	return f
}

// readText reads a small file; one that cannot be read is empty.
func readText(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// print prints the diagnosis for people.
func (d *diagnosis) print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, d.Version)
	fmt.Fprintln(t, "\nthis machine, and us")
	for _, f := range d.Facts {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", f.Name, f.Value, f.Hint)
	}
	fmt.Fprintln(t, "\nthe kernel has")
	for _, f := range d.Features {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", f.Name, yes(f.Available), f.Detail)
	}
	fmt.Fprintln(t, "\nprograms that we start")
	if len(d.Limits) == 0 {
		fmt.Fprintln(t, "  get everything as it was given to us")
	}
	for _, l := range d.Limits {
		fmt.Fprintf(t, "  %s\n", l)
	}
	return t.Flush()
}
