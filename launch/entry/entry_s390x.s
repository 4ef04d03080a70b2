#include "textflag.h"

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	BL	·record(SB)
	MOVD	$1, R2
	MOVD	$·early(SB), R3
	MOVW	R2, (R3)
	BR	_rt0_s390x_linux(SB)
