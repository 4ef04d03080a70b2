#include "go_asm.h"
#include "textflag.h"

// CALL_R9 makes the system call that R9 points to. The kernel changes R2 only.
#define CALL_R9 \
	MOVD	call_nr(R9), R1 \
	MOVD	(call_args+0)(R9), R2 \
	MOVD	(call_args+8)(R9), R3 \
	MOVD	(call_args+16)(R9), R4 \
	MOVD	(call_args+24)(R9), R5 \
	MOVD	(call_args+32)(R9), R6 \
	SYSCALL

// func spawn(p *program) (r uintptr)
TEXT ·spawn(SB),NOSPLIT,$0-16
	MOVD	p+0(FP), R8
	ADD	$program_block, R8, R9
	CALL_R9
	ADD	$program_clone, R8, R9
	CALL_R9
	CMPBEQ	R2, $0, child

	MOVD	R2, R7
	ADD	$program_unblock, R8, R9
	CALL_R9
	MOVD	R7, r+8(FP)
	RET

child:
	MOVD	program_first(R8), R9
	MOVD	$0, R7
	MOVD	$-4095, R12	// errors are -4095 to -1
loop:
	CALL_R9
	MOVD	call_check(R9), R0
	CMPBEQ	R0, $const_checkNothing, next
	CMPUBGE	R2, R12, fail
	CMPBNE	R0, $const_checkNonzero, next
	CMPBEQ	R2, $0, fail
next:
	ADD	$call__size, R9
	ADD	$1, R7
	BR	loop

fail:
	NEG	R2, R2
	MOVD	R7, (program_failure+failure_index)(R8)
	MOVD	R2, (program_failure+failure_errno)(R8)
	ADD	$program_fail, R8, R9
	CALL_R9
	ADD	$program_exit, R8, R9
	CALL_R9
	UNDEF	// a filter may have refused even the exit
