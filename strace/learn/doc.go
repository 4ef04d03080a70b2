// Package learn finds out what memory of a thread has to be copied with a
// system call, so that the call can be decoded when the thread has gone on.
//
// The decoder itself is asked: [Plan] lets it decode the call with arguments and
// memory that are made up, and writes down what it reads. Addresses are recognised
// by where they point: an argument, or a word of memory that was read before. So
// whatever the decoder learns to print is copied, too, and the options that
// make it read more or less (-s, -v, -e verbose=) need no thought.
package learn
