// Package daemon is the owner process: the one process of a user that traces on
// behalf of others, so that tracers which were started from different terminals
// meet on one target.
//
// It listens on a unix socket. Who connects must be the same user, or root. A
// message is one line of JSON-RPC 2.0; the method "vptrace.adopt" comes with the
// descriptor of a seccomp listener (SCM_RIGHTS).
package daemon
