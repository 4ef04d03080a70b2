// Package top shows which system calls programs make, live: how many, how long,
// with how many errors, by process, thread and call.
//
// A [Model] counts what it is told. [Model.Sample] sums up what happened since the
// last time. [Page] turns a sample into lines of text, and [Screen] shows pages on a
// terminal and takes keys.
package top
