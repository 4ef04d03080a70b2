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
	CALL	·record(SB)
	MOV	$·early(SB), T0
	MOV	$1, T1
	MOVW	T1, (T0)
	JMP	_rt0_riscv64_linux(SB)

// func record()
TEXT ·record(SB),NOSPLIT|NOFRAME,$0-0
	MOV	$SYS_rt_sigprocmask, A7
	MOV	ZERO, A0
	MOV	ZERO, A1
	MOV	$·mask(SB), A2
	MOV	$8, A3
	ECALL

	MOV	$1, S2
	MOV	$·actions(SB), S3
	MOV	$64, S4
action:
	ADD	$32, S3
	MOV	$SYS_rt_sigaction, A7
	MOV	S2, A0
	MOV	ZERO, A1
	MOV	S3, A2
	MOV	$8, A3
	ECALL
	ADD	$1, S2
	BGE	S4, S2, action

	MOV	ZERO, S2
	MOV	$·flags(SB), S3
	MOV	$3, S4
descriptor:
	MOV	$SYS_fcntl, A7
	MOV	S2, A0
	MOV	$F_GETFD, A1
	ECALL
	MOV	A0, (S3)
	ADD	$8, S3
	ADD	$1, S2
	BLT	S2, S4, descriptor

	MOV	$SYS_prlimit64, A7
	MOV	ZERO, A0
	MOV	$RLIMIT_NOFILE, A1
	MOV	ZERO, A2
	MOV	$·nofile(SB), A3
	ECALL
	RET
