package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the sessions of testdata/script, in which users make
// mistakes and things go wrong. Where a target runs meanwhile, they check that
// no harm has come to it.
func TestScripts(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Other users, whom some scripts become, have to find the command.
	bin, err := os.MkdirTemp("", "utrace-bin-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(bin) })
	wrapper := fmt.Sprintf("#!/bin/sh\n%s=1 exec %s \"$@\"\n", asCommand, filepath.Join(bin, "utrace.test"))
	text, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(filepath.Join(bin, "utrace.test"), text, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(bin, "utrace"), []byte(wrapper), 0o755)
	}
	if err == nil {
		err = os.Chmod(bin, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+":"+os.Getenv("PATH"))
			env.Setenv("UTRACE_SOCKET", os.Getenv("UTRACE_SOCKET")) // never somebody else's owner
			return nil
		},
	})
}
