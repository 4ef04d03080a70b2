// Package conformance keeps account of which scenarios of multi-engine tracing
// are shown by which tests. The scenarios are in scenarios.txt. A test claims
// one by its id: in its name, or at the beginning of the name of a subtest.
// docs/conformance.md is made from both; a test here fails if it is out of date
// or a scenario has neither a test nor a reason.
package conformance

//go:generate go run ./gen
