// Package api has the wire types of the owner's protocol: how another program,
// in any language, has "utrace serve" trace for it.
//
// # Transport
//
// The owner listens on a unix stream socket. A message is one JSON value on one
// line, of at most [MaxMessage] bytes, in the notation of JSON-RPC 2.0. Requests
// go to the owner, which answers each, in any order; notifications (without an
// id) go to the client. There are no batches.
//
// Descriptors travel beside a message by SCM_RIGHTS; its member "fds" says how
// many, and the first byte of the message has to carry them.
//
// # Versions
//
// The first request should be [MethodHello], with the versions that the client
// speaks; the answer has the one that is spoken. Within one [Version] methods and
// members are only added; a client skips members that it does not know. The
// owner refuses members that it does not know: they would be silently ignored
// wishes.
//
// # Attachments
//
// [MethodAttach] makes an attachment: an engine on one thread, on all threads of
// a process, or on a process and its descendants. Its events come as
// [NotifyEvent]; those that the client asked to wait for keep their thread
// stopped until [MethodAnswer], and for no longer than the attachment's timeout.
// While a thread is stopped for the attachment, by an event or by
// [MethodControl], its registers and memory can be read and written.
//
// A client that does not read is waited for: its threads stop while more events
// are unread than the attachment's buffer takes, each for the timeout, and what
// is then given up is counted ([Event].Lost). One that does not even take what
// is being sent is disconnected. The end of a connection ends its attachments;
// the threads run on, and what was planted in them is removed.
//
// # Cores
//
// [MethodOpen] is for clients that run a core of their own, as package client
// does: [NotifyTask] tells of each stop of their threads, which lasts until
// [MethodResume]. A stop that is left without that, or [MethodHold], for longer
// than [Opened].Patience ends the connection.
//
// # Rights
//
// A client can do to a thread what the kernel would let the client itself do.
// The kernel is asked by the client, which opens the target's /proc/TID/mem and
// passes the descriptor with [MethodAttach].
//
// The package imports nothing but the standard library.
package api
