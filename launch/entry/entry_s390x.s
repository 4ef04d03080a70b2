#include "textflag.h"

#define SYS_fcntl		55
#define SYS_rt_sigaction	174
#define SYS_rt_sigprocmask	175
#define SYS_prlimit64		334

#define F_GETFD		1
#define RLIMIT_NOFILE	7

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	BL	·record(SB)
	MOVD	$1, R2
	MOVD	$·early(SB), R3
	MOVW	R2, (R3)
	BR	_rt0_s390x_linux(SB)

// func record()
TEXT ·record(SB),NOSPLIT|NOFRAME,$0-0
	MOVD	$SYS_rt_sigprocmask, R1
	MOVD	$0, R2
	MOVD	$0, R3
	MOVD	$·mask(SB), R4
	MOVD	$8, R5
	SYSCALL

	MOVD	$1, R8
	MOVD	$·actions(SB), R9
action:
	ADD	$32, R9
	MOVD	$SYS_rt_sigaction, R1
	MOVD	R8, R2
	MOVD	$0, R3
	MOVD	R9, R4
	MOVD	$8, R5
	SYSCALL
	ADD	$1, R8
	CMPBLE	R8, $64, action

	MOVD	$0, R8
	MOVD	$·flags(SB), R9
descriptor:
	MOVD	$SYS_fcntl, R1
	MOVD	R8, R2
	MOVD	$F_GETFD, R3
	SYSCALL
	MOVD	R2, (R9)
	ADD	$8, R9
	ADD	$1, R8
	CMPBLT	R8, $3, descriptor

	MOVD	$SYS_prlimit64, R1
	MOVD	$0, R2
	MOVD	$RLIMIT_NOFILE, R3
	MOVD	$0, R4
	MOVD	$·nofile(SB), R5
	SYSCALL
	RET
