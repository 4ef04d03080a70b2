// Package limits has no code. Its tests show what a stock kernel does not let
// a tracer hide or do. docs/limits.md explains each; a test here that begins
// to fail may be good news.
package limits
