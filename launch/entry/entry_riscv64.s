#include "textflag.h"

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	CALL	·record(SB)
	MOV	$·early(SB), T0
	MOV	$1, T1
	MOVW	T1, (T0)
	JMP	_rt0_riscv64_linux(SB)
