//go:build ppc64 || ppc64le

#include "textflag.h"

#ifdef GOARCH_ppc64le
// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack. (Big-endian programs start at a function descriptor; they have no
// entry point here.)
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	XOR	R0, R0	// what the assembler takes for granted
	BL	·record(SB)
	MOVD	$·early(SB), R14
	MOVD	$1, R15
	MOVW	R15, (R14)
	BR	_rt0_ppc64le_linux(SB)
#endif
