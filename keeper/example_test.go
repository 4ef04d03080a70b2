package keeper_test

import (
	"fmt"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/host"
	"github.com/utrace/utrace/keeper"
)

// The main of a program that plants breakpoints. It calls keeper.Main first of
// all, as the TestMain of these tests does.
func Example() {
	k, err := keeper.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	core, err := host.Open(utrace.Options{Journal: k})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Breakpoints come and go here.
	if err := core.Close(); err != nil {
		fmt.Println(err)
	}
	fmt.Println("breakpoints were kept:", k.Close() == nil)
	// Output: breakpoints were kept: true
}
