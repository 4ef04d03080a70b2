package bpf

import _ "embed"

//go:generate clang -O2 -g -Wall -Werror -target bpf -mcpu=v2 -D__TARGET_ARCH_arm64 -c program/observe.bpf.c -o observe_arm64.o
//go:generate llvm-strip -g observe_arm64.o

//go:embed observe_arm64.o
var object []byte
