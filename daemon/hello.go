package daemon

import (
	"fmt"
	"os"
	"slices"
	"syscall"

	"github.com/utrace/utrace/api"
)

// hello introduces the owner to a client, which may say what it speaks.
func hello(c *call) (any, error) {
	if len(c.params) != 0 {
		var p api.Greeting
		if err := c.want(&p); err != nil {
			return nil, err
		}
		if !slices.Contains(p.Versions, api.Version) {
			return nil, fmt.Errorf("this owner speaks version %d of its protocol, the client %v: %w", api.Version, p.Versions, syscall.ENOTSUP)
		}
	}
	return api.Hello{Version: api.Version, PID: os.Getpid(), UID: os.Getuid(), Build: c.build}, nil
}
