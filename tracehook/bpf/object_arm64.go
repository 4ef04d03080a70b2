package bpf

import _ "embed"

//go:embed observe_arm64.o
var object []byte
