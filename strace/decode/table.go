package decode

// specs says how the arguments of each call are printed, one line a call.
var specs = map[string]spec{}

// specs32 are the calls of i386 that differ from those of the same name in
// 64-bit ABIs in more than the width of their arguments.
var specs32 = map[string]spec{}
