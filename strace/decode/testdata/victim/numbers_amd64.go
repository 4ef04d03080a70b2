package main

const (
	mmapNumber    = 9
	seccompNumber = 317
)
