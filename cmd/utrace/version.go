package main

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"
)

// version is set by the Makefile.
var version = ""

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), versionText())
			return err
		},
	}
}

// versionText is one line. What go install builds has its version from the
// module system.
func versionText() string {
	v := version
	if v == "" {
		v = "unknown"
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
			v = info.Main.Version
		}
	}
	return fmt.Sprintf("utrace %s %s/%s %s", v, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// buildText tells builds of one version apart, too, by the identifier that the
// linker writes into each program. Commands run only in an owner of their own
// build: another one knows other options.
var buildText = sync.OnceValue(func() string {
	file, err := elf.Open("/proc/self/exe")
	if err != nil {
		return versionText()
	}
	defer file.Close()
	section := file.Section(".note.go.buildid")
	if section == nil {
		return versionText()
	}
	id, err := section.Data()
	if err != nil || len(bytes.Trim(id, "\x00")) == 0 {
		return versionText()
	}
	return fmt.Sprintf("%s %.6x", versionText(), sha256.Sum256(id))
})
