package bpf

import _ "embed"

//go:generate clang -O2 -g -Wall -Werror -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -c program/observe.bpf.c -o observe_amd64.o
//go:generate llvm-strip -g observe_amd64.o

//go:embed observe_amd64.o
var object []byte
