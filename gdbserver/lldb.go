package gdbserver

import "github.com/utrace/utrace/gdbserver/rsp"

// lldbPackets are those of lldb's dialect.
func lldbPackets() map[string]handler { return nil }

func (s *session) lldbExtra(t *thread, stop *rsp.Stop) []byte { return nil }
