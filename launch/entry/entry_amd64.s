#include "textflag.h"

#define SYS_arch_prctl	158
#define ARCH_SET_FS	0x1002

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack and no return address; CALL and RET leave that as it was.
//
// Go code that is called from assembly looks for its goroutine below FS. There is
// none, but there must be memory until the runtime sets FS: that of signal 0 stays zero.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVL	$SYS_arch_prctl, AX
	MOVL	$ARCH_SET_FS, DI
	LEAQ	·actions+8(SB), SI
	SYSCALL
	CALL	·record(SB)
	MOVL	$1, ·early(SB)
	JMP	_rt0_amd64_linux(SB)
