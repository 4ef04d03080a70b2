package daemon_test

import (
	"fmt"

	"github.com/utrace/utrace/daemon"
)

// Who traces whom is a question to the owner.
func ExampleClient_List() {
	client, err := daemon.Dial("") // where SocketPath says
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	tracees, err := client.List()
	fmt.Println(len(tracees), err)
	// Output: 0 <nil>
}
