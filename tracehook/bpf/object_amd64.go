package bpf

import _ "embed"

//go:embed observe_amd64.o
var object []byte
