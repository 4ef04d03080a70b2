// Package learn finds out what memory of a thread has to be copied with a
// system call, so that the call can be decoded when the thread has gone on.
//
// The decoder itself is asked: it is made to decode each call with arguments and
// memory that are made up, and what it reads is written down. Addresses are
// recognised by where they point: an argument, or a word of memory that was read
// before. So whatever the decoder learns to print is copied, too, and the options
// that make it read more (-s, -v) need no thought.
//
// That takes a while. It is done when utrace is made ([Write]); the tables in this
// package have the result, and [Plan] looks it up. When the decoder reads other
// memory than it did, a test asks for go generate.
package learn
