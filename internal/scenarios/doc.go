// Package scenarios has no code. Its tests show, on real processes and the
// kernel of this machine, what the core promises to several engines at once:
// most functions carry the ids of the scenarios that they show (see
// internal/conformance). What the traced programs do is mostly said in the
// script language of internal/actor.
package scenarios
