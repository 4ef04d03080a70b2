package symbol_test

import (
	"fmt"
	"os"
	"runtime"

	"github.com/utrace/utrace/symbol"
)

// A program looks itself up.
func Example() {
	space, err := symbol.Load(os.Getpid(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer space.Close()

	pc, _, _, _ := runtime.Caller(0)
	place := space.Locate(uint64(pc))
	fmt.Println(place.Function())

	spec, err := symbol.ParseSpec("runtime.main")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, found := range space.Resolve(spec, false) {
		fmt.Println(found)
	}
	// Output:
	// github.com/utrace/utrace/symbol_test.Example
	// runtime.main
}
