// Command gen writes docs/conformance.md. It is run by go generate in
// internal/conformance.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/utrace/utrace/internal/conformance"
)

func main() {
	const top = "../.."
	text, err := conformance.Render(top)
	if text != nil {
		// Also an incomplete account is better than an old one.
		if err := os.WriteFile(filepath.Join(top, conformance.File), text, 0o666); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
