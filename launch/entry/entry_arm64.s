#include "textflag.h"

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	BL	·record(SB)
	MOVD	$1, R0
	MOVW	R0, ·early(SB)
	JMP	_rt0_arm64_linux(SB)
