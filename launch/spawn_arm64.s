#include "go_asm.h"
#include "textflag.h"

// CALL_R20 makes the system call that R20 points to. The kernel changes R0
// only.
#define CALL_R20 \
	MOVD	call_nr(R20), R8 \
	MOVD	(call_args+0)(R20), R0 \
	MOVD	(call_args+8)(R20), R1 \
	MOVD	(call_args+16)(R20), R2 \
	MOVD	(call_args+24)(R20), R3 \
	MOVD	(call_args+32)(R20), R4 \
	SVC

// func spawn(p *program) (r uintptr)
TEXT ·spawn(SB),NOSPLIT,$0-16
	MOVD	p+0(FP), R19
	ADD	$program_block, R19, R20
	CALL_R20
	ADD	$program_clone, R19, R20
	CALL_R20
	CBZ	R0, child

	MOVD	R0, R21
	ADD	$program_unblock, R19, R20
	CALL_R20
	MOVD	R21, r+8(FP)
	RET

child:
	MOVD	program_first(R19), R20
	MOVD	$0, R21
loop:
	CALL_R20
	MOVD	call_check(R20), R22
	CMP	$const_checkNothing, R22
	BEQ	next
	CMN	$4095, R0	// errors are -4095 to -1
	BHS	fail
	CMP	$const_checkNonzero, R22
	BNE	next
	CBZ	R0, fail
next:
	ADD	$call__size, R20
	ADD	$1, R21
	B	loop

fail:
	NEG	R0, R0
	MOVD	R21, (program_failure+failure_index)(R19)
	MOVD	R0, (program_failure+failure_errno)(R19)
	ADD	$program_fail, R19, R20
	CALL_R20
	ADD	$program_exit, R19, R20
	CALL_R20
	UNDEF	// a filter may have refused even the exit
