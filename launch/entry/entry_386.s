#include "textflag.h"

#define SYS_rt_sigaction	174
#define SYS_rt_sigprocmask	175
#define SYS_fcntl64		221
#define SYS_prlimit64		340

#define F_GETFD		1
#define RLIMIT_NOFILE	7

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack and no return address; CALL and RET leave that as it was.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	CALL	·record(SB)
	MOVL	$1, ·early(SB)
	JMP	_rt0_386_linux(SB)

// func record()
TEXT ·record(SB),NOSPLIT|NOFRAME,$0-0
	MOVL	$SYS_rt_sigprocmask, AX
	MOVL	$0, BX
	MOVL	$0, CX
	LEAL	·mask(SB), DX
	MOVL	$8, SI
	INT	$0x80

	MOVL	$1, BX
	LEAL	·actions(SB), DX
action:
	ADDL	$32, DX
	MOVL	$SYS_rt_sigaction, AX
	MOVL	$0, CX
	MOVL	$8, SI
	INT	$0x80
	INCL	BX
	CMPL	BX, $64
	JLS	action

	MOVL	$0, BX
	LEAL	·flags(SB), DI
descriptor:
	MOVL	$SYS_fcntl64, AX
	MOVL	$F_GETFD, CX
	INT	$0x80
	MOVL	AX, (DI)(BX*4)
	INCL	BX
	CMPL	BX, $3
	JLT	descriptor

	MOVL	$SYS_prlimit64, AX
	MOVL	$0, BX
	MOVL	$RLIMIT_NOFILE, CX
	MOVL	$0, DX
	LEAL	·nofile(SB), SI
	INT	$0x80
	RET
