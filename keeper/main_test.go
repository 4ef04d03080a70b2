package keeper_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/internal/leak"
	"github.com/utrace/utrace/keeper"
)

// asOwner has the test binary trace a process, with a breakpoint: "PID ADDRESS KIND".
const asOwner = "UTRACE_TEST_AS_OWNER"

func TestMain(m *testing.M) {
	keeper.Main()
	if what := os.Getenv(asOwner); what != "" {
		if err := own(what); err != nil {
			fmt.Println(err)
		}
		return
	}
	leak.Main(m)
}

// own traces until standard input ends, or death.
func own(what string) error {
	var pid int
	var addr uint64
	var kind breakpoint.Kind
	if _, err := fmt.Sscan(what, &pid, &addr, &kind); err != nil {
		return err
	}
	k, err := keeper.Start()
	if err != nil {
		return err
	}
	defer k.Close()
	core, err := host.Open(utrace.Options{Journal: k})
	if err != nil {
		return err
	}
	defer core.Close()
	ctx := context.Background()
	m, err := breakpoint.Open(ctx, core, pid, utrace.Process)
	if err != nil {
		return err
	}
	if _, err = m.Set(ctx, breakpoint.Spec{Addr: addr, Kind: kind}); err != nil {
		return err
	}
	fmt.Println("planted", k.PID())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
