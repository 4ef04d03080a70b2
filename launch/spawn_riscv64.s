#include "go_asm.h"
#include "textflag.h"

// CALL_S3 makes the system call that S3 points to. The kernel changes A0 only.
#define CALL_S3 \
	MOV	call_nr(S3), A7 \
	MOV	(call_args+0)(S3), A0 \
	MOV	(call_args+8)(S3), A1 \
	MOV	(call_args+16)(S3), A2 \
	MOV	(call_args+24)(S3), A3 \
	MOV	(call_args+32)(S3), A4 \
	ECALL

// func spawn(p *program) (r uintptr)
TEXT ·spawn(SB),NOSPLIT,$0-16
	MOV	p+0(FP), S2
	ADD	$program_block, S2, S3
	CALL_S3
	ADD	$program_clone, S2, S3
	CALL_S3
	BEQZ	A0, child

	MOV	A0, S4
	ADD	$program_unblock, S2, S3
	CALL_S3
	MOV	S4, r+8(FP)
	RET

child:
	MOV	program_first(S2), S3
	MOV	ZERO, S4
loop:
	CALL_S3
	MOV	call_check(S3), S5
	MOV	$const_checkNothing, T0
	BEQ	S5, T0, next
	MOV	$-4095, T0	// errors are -4095 to -1
	BGEU	A0, T0, fail
	MOV	$const_checkNonzero, T0
	BNE	S5, T0, next
	BEQZ	A0, fail
next:
	ADD	$call__size, S3
	ADD	$1, S4
	JMP	loop

fail:
	NEG	A0, A0
	MOV	S4, (program_failure+failure_index)(S2)
	MOV	A0, (program_failure+failure_errno)(S2)
	ADD	$program_fail, S2, S3
	CALL_S3
	ADD	$program_exit, S2, S3
	CALL_S3
	UNDEF	// a filter may have refused even the exit
