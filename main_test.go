package utrace_test

import (
	"flag"
	"testing"

	"github.com/utrace/utrace/internal/leak"
)

// oneSeed makes the random tests try one seed only.
var oneSeed = flag.Int64("seed", -1, "run the random tests with this seed only, and say what happens")

func TestMain(m *testing.M) {
	flag.Parse()
	leak.Main(m)
}
