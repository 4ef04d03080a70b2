package client

import "github.com/utrace/utrace"

// Break ends the connection of a core.
func Break(core *utrace.Core) { _ = core.Loop().(*loop).client.conn.Close() }
