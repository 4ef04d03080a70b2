package bpf

import _ "embed"

//go:generate clang -O2 -g -Wall -Werror -target bpf -mcpu=v2 -D__TARGET_ARCH_powerpc -c program/observe.bpf.c -o observe_ppc64le.o
//go:generate llvm-strip -g observe_ppc64le.o

//go:embed observe_ppc64le.o
var object []byte
