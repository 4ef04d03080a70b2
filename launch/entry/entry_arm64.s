#include "textflag.h"

#define SYS_fcntl		25
#define SYS_rt_sigaction	134
#define SYS_rt_sigprocmask	135
#define SYS_prlimit64		261

#define F_GETFD		1
#define RLIMIT_NOFILE	7

// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack.
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	BL	·record(SB)
	MOVD	$1, R0
	MOVW	R0, ·early(SB)
	JMP	_rt0_arm64_linux(SB)

// func record()
TEXT ·record(SB),NOSPLIT|NOFRAME,$0-0
	MOVD	$SYS_rt_sigprocmask, R8
	MOVD	$0, R0
	MOVD	$0, R1
	MOVD	$·mask(SB), R2
	MOVD	$8, R3
	SVC

	MOVD	$1, R19
	MOVD	$·actions(SB), R20
action:
	ADD	$32, R20
	MOVD	$SYS_rt_sigaction, R8
	MOVD	R19, R0
	MOVD	$0, R1
	MOVD	R20, R2
	MOVD	$8, R3
	SVC
	ADD	$1, R19
	CMP	$64, R19
	BLS	action

	MOVD	$0, R19
	MOVD	$·flags(SB), R20
descriptor:
	MOVD	$SYS_fcntl, R8
	MOVD	R19, R0
	MOVD	$F_GETFD, R1
	SVC
	MOVD	R0, (R20)
	ADD	$8, R20
	ADD	$1, R19
	CMP	$3, R19
	BLT	descriptor

	MOVD	$SYS_prlimit64, R8
	MOVD	$0, R0
	MOVD	$RLIMIT_NOFILE, R1
	MOVD	$0, R2
	MOVD	$·nofile(SB), R3
	SVC
	RET
