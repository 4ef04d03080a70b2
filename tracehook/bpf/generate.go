package bpf

// The programs differ by architecture in where registers are. Any machine can
// compile all of them; it takes clang, llvm and libbpf-dev.
//go:generate clang -O2 -g -fdebug-compilation-dir=. -Wall -Werror -target bpf -mcpu=v2 -D__TARGET_ARCH_x86 -c program/observe.bpf.c -o observe_amd64.o
//go:generate llvm-strip -g observe_amd64.o

//go:generate clang -O2 -g -fdebug-compilation-dir=. -Wall -Werror -target bpf -mcpu=v2 -D__TARGET_ARCH_arm64 -c program/observe.bpf.c -o observe_arm64.o
//go:generate llvm-strip -g observe_arm64.o

//go:generate clang -O2 -g -fdebug-compilation-dir=. -Wall -Werror -target bpf -mcpu=v2 -D__TARGET_ARCH_powerpc -c program/observe.bpf.c -o observe_ppc64le.o
//go:generate llvm-strip -g observe_ppc64le.o
