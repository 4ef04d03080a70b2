// Package perfetto writes traces that the Perfetto UI loads: threads as tracks,
// what takes time in them as slices, the rest as instants.
//
// The format is a row of protocol buffer messages, a Trace of TracePackets
// (https://perfetto.dev/docs/reference/synthetic-track-event). It is written as
// things happen, so that a trace which was cut off can be looked at.
package perfetto

import (
	"io"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the messages of protos/perfetto/trace that are written.
const (
	tracePacket = 1

	packetTimestamp  = 8
	packetSequence   = 10
	packetTrackEvent = 11
	packetTrack      = 60

	trackUUID    = 1
	trackProcess = 3
	trackThread  = 4

	processPID  = 1
	processName = 6

	threadPID  = 1
	threadTID  = 2
	threadName = 5

	eventAnnotation = 4
	eventType       = 9
	eventTrack      = 11
	eventCategory   = 22
	eventName       = 23

	annotationString = 6
	annotationName   = 10

	sliceBegin, sliceEnd, instant = 1, 2, 3
)

// Arg is a named text that is shown with a slice or an instant.
type Arg struct{ Name, Text string }

// Writer writes a trace. It is not for several goroutines at once.
type Writer struct {
	w       io.Writer
	threads map[int]bool // and processes, negative
	packet  []byte
	body    []byte
	inner   []byte
	err     error
}

// NewWriter returns a Writer; nothing has to be closed.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: w, threads: make(map[int]bool)}
}

// Thread says what a thread and its process are called. To be called before
// anything else about the thread, and again when its name changes.
func (w *Writer) Thread(pid, tid int, name string) error {
	if !w.threads[-pid] || pid == tid {
		w.threads[-pid] = true
		w.inner = number(w.inner[:0], processPID, uint64(pid))
		w.inner = text(w.inner, processName, name)
		w.track(uint64(pid)<<1, trackProcess)
	}
	w.inner = number(w.inner[:0], threadPID, uint64(pid))
	w.inner = number(w.inner, threadTID, uint64(tid))
	w.inner = text(w.inner, threadName, name)
	return w.track(track(tid), trackThread)
}

// track is the UUID of a thread's track. Its lowest bit tells it from that of a
// process.
func track(tid int) uint64 { return uint64(tid)<<1 | 1 }

func (w *Writer) track(uuid uint64, kind protowire.Number) error {
	w.body = number(w.body[:0], trackUUID, uuid)
	w.body = message(w.body, kind, w.inner)
	w.packet = message(w.packet[:0], packetTrack, w.body)
	return w.write()
}

// Begin begins a slice of a thread.
func (w *Writer) Begin(tid int, at time.Time, category, name string, args ...Arg) error {
	return w.event(sliceBegin, tid, at, category, name, args)
}

// End ends the slice that was begun last. Its args are shown with those of
// Begin.
func (w *Writer) End(tid int, at time.Time, args ...Arg) error {
	return w.event(sliceEnd, tid, at, "", "", args)
}

// Instant marks a moment.
func (w *Writer) Instant(tid int, at time.Time, category, name string, args ...Arg) error {
	return w.event(instant, tid, at, category, name, args)
}

func (w *Writer) event(kind uint64, tid int, at time.Time, category, name string, args []Arg) error {
	w.body = number(w.body[:0], eventType, kind)
	w.body = number(w.body, eventTrack, track(tid))
	if name != "" {
		w.body = text(w.body, eventCategory, category)
		w.body = text(w.body, eventName, name)
	}
	for _, a := range args {
		w.inner = text(w.inner[:0], annotationName, a.Name)
		w.inner = text(w.inner, annotationString, a.Text)
		w.body = message(w.body, eventAnnotation, w.inner)
	}
	w.packet = number(w.packet[:0], packetTimestamp, uint64(at.UnixNano()))
	w.packet = message(w.packet, packetTrackEvent, w.body)
	return w.write()
}

// write ends the packet.
func (w *Writer) write() error {
	// One sequence, as from one thread that writes events in their order.
	w.packet = number(w.packet, packetSequence, 1)
	w.body = message(w.body[:0], tracePacket, w.packet)
	if w.err == nil {
		_, w.err = w.w.Write(w.body)
	}
	return w.err
}

func number(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func message(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// text appends a string, which has to be UTF-8; a thread may call itself anything.
func text(b []byte, field protowire.Number, v string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), strings.ToValidUTF8(v, "\uFFFD"))
}
