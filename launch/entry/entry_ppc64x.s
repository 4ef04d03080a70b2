//go:build ppc64 || ppc64le

#include "textflag.h"

#define SYS_fcntl		55
#define SYS_rt_sigaction	173
#define SYS_rt_sigprocmask	174
#define SYS_prlimit64		325

#define F_GETFD		1
#define RLIMIT_NOFILE	7

#ifdef GOARCH_ppc64le
// _utrace_start is the ELF entry point, if the program is linked with
// -E=_utrace_start. The kernel starts it with the argument vector on the
// stack. (Big-endian programs start at a function descriptor; they have no
// entry point here.)
TEXT _utrace_start(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	XOR	R0, R0	// what the assembler takes for granted
	BL	·record(SB)
	MOVD	$·early(SB), R14
	MOVD	$1, R15
	MOVW	R15, (R14)
	BR	_rt0_ppc64le_linux(SB)
#endif

// func record()
TEXT ·record(SB),NOSPLIT|NOFRAME,$0-0
	MOVD	$0, R3
	MOVD	$0, R4
	MOVD	$·mask(SB), R5
	MOVD	$8, R6
	SYSCALL	$SYS_rt_sigprocmask

	MOVD	$1, R14
	MOVD	$·actions(SB), R15
action:
	ADD	$32, R15
	MOVD	R14, R3
	MOVD	$0, R4
	MOVD	R15, R5
	MOVD	$8, R6
	SYSCALL	$SYS_rt_sigaction
	ADD	$1, R14
	CMP	R14, $64
	BLE	action

	MOVD	$0, R14
	MOVD	$·flags(SB), R15
descriptor:
	MOVD	R14, R3
	MOVD	$F_GETFD, R4
	SYSCALL	$SYS_fcntl
	BVC	opened
	NEG	R3	// errors are positive here, with a flag
opened:
	MOVD	R3, (R15)
	ADD	$8, R15
	ADD	$1, R14
	CMP	R14, $3
	BLT	descriptor

	MOVD	$0, R3
	MOVD	$RLIMIT_NOFILE, R4
	MOVD	$0, R5
	MOVD	$·nofile(SB), R6
	SYSCALL	$SYS_prlimit64
	RET
