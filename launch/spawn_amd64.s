#include "go_asm.h"
#include "textflag.h"

// CALL_BX makes the system call that BX points to. The kernel changes AX, CX and
// R11 only.
#define CALL_BX \
	MOVQ	call_nr(BX), AX \
	MOVQ	(call_args+0)(BX), DI \
	MOVQ	(call_args+8)(BX), SI \
	MOVQ	(call_args+16)(BX), DX \
	MOVQ	(call_args+24)(BX), R10 \
	MOVQ	(call_args+32)(BX), R8 \
	SYSCALL

// func spawn(p *program) (r uintptr)
TEXT ·spawn(SB),NOSPLIT,$0-16
	MOVQ	p+0(FP), R12
	LEAQ	program_block(R12), BX
	CALL_BX
	LEAQ	program_clone(R12), BX
	CALL_BX
	TESTQ	AX, AX
	JEQ	child

	MOVQ	AX, R13
	LEAQ	program_unblock(R12), BX
	CALL_BX
	MOVQ	R13, r+8(FP)
	RET

child:
	MOVQ	program_first(R12), BX
	XORL	R13, R13
loop:
	CALL_BX
	MOVQ	call_check(BX), CX
	CMPQ	CX, $const_checkNothing
	JEQ	next
	CMPQ	AX, $-4095	// errors are -4095 to -1
	JCC	fail
	CMPQ	CX, $const_checkNonzero
	JNE	next
	TESTQ	AX, AX
	JEQ	fail
next:
	ADDQ	$call__size, BX
	INCQ	R13
	JMP	loop

fail:
	NEGQ	AX
	MOVQ	R13, (program_failure+failure_index)(R12)
	MOVQ	AX, (program_failure+failure_errno)(R12)
	LEAQ	program_fail(R12), BX
	CALL_BX
	LEAQ	program_exit(R12), BX
	CALL_BX
	UNDEF	// a filter may have refused even the exit
