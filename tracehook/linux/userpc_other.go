//go:build !amd64 && !386

package linux

// userPC is 0: the program counter can be written with the whole set only.
const userPC = 0
