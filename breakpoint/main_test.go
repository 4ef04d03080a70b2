package breakpoint_test

import (
	"testing"

	"github.com/utrace/utrace/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
