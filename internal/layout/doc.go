// Package layout has no code. Its tests hold the tree to its plan: imports
// point down only, the lower rooms stand without the upper ones, files stay
// short, and what the documents show is what the programs do.
package layout
