package daemon

import (
	"fmt"
	"net"
	"os"
)

// notifyManager tells a service manager that clients are served, and by which
// process (sd_notify(3)): a successor is not the one that the manager has started.
// Where there is no manager it does nothing.
func notifyManager() {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"}) // "@": an abstract name
	if err != nil {
		fmt.Fprintln(os.Stderr, "utrace: notify the service manager:", err)
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "READY=1\nMAINPID=%d\n", os.Getpid())
}
