package main

import (
	"errors"
	"sync"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/keeper"
)

// openKept opens a core that plants breakpoints, with a keeper that takes them
// out of the programs if this process is killed. shut closes both; only the
// first call does anything.
func openKept() (core *utrace.Core, shut func() error, err error) {
	k, err := keeper.Start()
	if err != nil {
		return nil, nil, err
	}
	if core, err = host.Open(utrace.Options{Journal: k}); err != nil {
		return nil, nil, errors.Join(err, k.Close())
	}
	return core, sync.OnceValue(func() error { return errors.Join(core.Close(), k.Close()) }), nil
}
