package main

const (
	mmapNumber    = 192 // mmap2
	seccompNumber = 354
)
