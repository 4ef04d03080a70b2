// Package client talks to the owner process, "utrace serve", in the protocol of
// package api.
//
//	c, err := client.Dial("")
//	a, err := c.Attach(ctx, api.Attach{Thread: pid, Scope: api.ScopeTree, ...}, func(ev *api.Event) { ... })
package client
