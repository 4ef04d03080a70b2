#include "textflag.h"

#define SYS_rt_sigaction	13
#define SYS_rt_sigprocmask	14
#define SYS_fcntl		72
#define SYS_prlimit64		302

#define F_GETFD		1
#define RLIMIT_NOFILE	7

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack and no return address; CALL and RET leave that as it was.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	CALL	·record(SB)
	MOVL	$1, ·early(SB)
	JMP	_rt0_amd64_linux(SB)

// func record()
TEXT ·record(SB),NOSPLIT|NOFRAME,$0-0
	MOVQ	$SYS_rt_sigprocmask, AX
	MOVQ	$0, DI
	MOVQ	$0, SI
	LEAQ	·mask(SB), DX
	MOVQ	$8, R10
	SYSCALL

	MOVQ	$1, R12
	LEAQ	·actions(SB), R13
action:
	ADDQ	$32, R13
	MOVQ	$SYS_rt_sigaction, AX
	MOVQ	R12, DI
	MOVQ	$0, SI
	MOVQ	R13, DX
	MOVQ	$8, R10
	SYSCALL
	INCQ	R12
	CMPQ	R12, $64
	JLS	action

	MOVQ	$0, R12
	LEAQ	·flags(SB), R13
descriptor:
	MOVQ	$SYS_fcntl, AX
	MOVQ	R12, DI
	MOVQ	$F_GETFD, SI
	SYSCALL
	MOVQ	AX, (R13)(R12*8)
	INCQ	R12
	CMPQ	R12, $3
	JLT	descriptor

	MOVQ	$SYS_prlimit64, AX
	MOVQ	$0, DI
	MOVQ	$RLIMIT_NOFILE, SI
	MOVQ	$0, DX
	LEAQ	·nofile(SB), R10
	SYSCALL
	RET
