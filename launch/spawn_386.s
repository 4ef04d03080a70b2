#include "go_asm.h"
#include "textflag.h"

// CALL_BP makes the system call that BP points to. The kernel changes AX only.
#define CALL_BP \
	MOVL	call_nr(BP), AX \
	MOVL	(call_args+0)(BP), BX \
	MOVL	(call_args+4)(BP), CX \
	MOVL	(call_args+8)(BP), DX \
	MOVL	(call_args+12)(BP), SI \
	MOVL	(call_args+16)(BP), DI \
	INT	$0x80

// func spawn(p *program) (r uintptr)
TEXT ·spawn(SB),NOSPLIT,$4-8
	MOVL	p+0(FP), BP
	ADDL	$program_block, BP
	CALL_BP
	MOVL	p+0(FP), BP
	ADDL	$program_clone, BP
	CALL_BP
	TESTL	AX, AX
	JEQ	child

	MOVL	AX, r+4(FP)
	MOVL	p+0(FP), BP
	ADDL	$program_unblock, BP
	CALL_BP
	RET

child:
	MOVL	p+0(FP), BP
	MOVL	program_first(BP), BP
	MOVL	$0, index-4(SP)
loop:
	CALL_BP
	MOVL	call_check(BP), CX
	CMPL	CX, $const_checkNothing
	JEQ	next
	CMPL	AX, $-4095	// errors are -4095 to -1
	JCC	fail
	CMPL	CX, $const_checkNonzero
	JNE	next
	TESTL	AX, AX
	JEQ	fail
next:
	ADDL	$call__size, BP
	INCL	index-4(SP)
	JMP	loop

fail:
	NEGL	AX
	MOVL	p+0(FP), BP
	MOVL	index-4(SP), CX
	MOVL	CX, (program_failure+failure_index)(BP)
	MOVL	AX, (program_failure+failure_errno)(BP)
	ADDL	$program_fail, BP
	CALL_BP
	MOVL	p+0(FP), BP
	ADDL	$program_exit, BP
	CALL_BP
	UNDEF	// a filter may have refused even the exit
