package bpf

import _ "embed"

//go:embed observe_ppc64le.o
var object []byte
