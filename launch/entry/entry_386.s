#include "textflag.h"

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack and no return address; CALL and RET leave that as it was.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	CALL	·record(SB)
	MOVL	$1, ·early(SB)
	JMP	_rt0_386_linux(SB)
