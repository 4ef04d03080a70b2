package hold

import (
	"context"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/internal/procfs"
)

// isInit reports whether a process is the first of a PID namespace, as that of a
// container is. Signals whose default action would kill it do nothing to it
// (SIGNAL_UNKILLABLE, pid_namespaces(7)), but for the fault of an instruction.
func isInit(pid int) bool {
	status, err := procfs.ReadStatus(pid)
	ids := status.Namespace
	return err == nil && len(ids) != 0 && ids[len(ids)-1] == 1
}

// perish lets the init process of a namespace die of a fault. While it is traced the
// kernel leaves it unkillable, "users won't expect debugging to leave init killable"
// (force_sig_info_to_task in kernel/signal.c), and it would execute the instruction
// again and again. So its thread is let go by all engines, and then does that once.
func (c *Crash) perish(ctx context.Context, core *utrace.Core) {
	if c.repeats() && isInit(c.Engine.Thread().Group()) {
		detachAll(ctx, core, c.Engine.Thread()) // or it is gone already
	}
}
