// Package notify wraps seccomp user notifications (seccomp_unotify(2)): system
// calls of a filtered program wait in the kernel until the holder of the
// listener descriptor has answered them.
package notify
