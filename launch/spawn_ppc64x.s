//go:build ppc64 || ppc64le

#include "go_asm.h"
#include "textflag.h"

// CALL_R15 makes the system call that R15 points to. The kernel changes R3 to
// R12; an error is positive, with a flag.
#define CALL_R15 \
	MOVD	call_nr(R15), R9 \
	MOVD	(call_args+0)(R15), R3 \
	MOVD	(call_args+8)(R15), R4 \
	MOVD	(call_args+16)(R15), R5 \
	MOVD	(call_args+24)(R15), R6 \
	MOVD	(call_args+32)(R15), R7 \
	SYSCALL	R9 \
	BVC	2(PC) \
	NEG	R3

// func spawn(p *program) (r uintptr)
TEXT ·spawn(SB),NOSPLIT,$0-16
	MOVD	p+0(FP), R14
	ADD	$program_block, R14, R15
	CALL_R15
	ADD	$program_clone, R14, R15
	CALL_R15
	CMP	R3, $0
	BEQ	child

	MOVD	R3, R16
	ADD	$program_unblock, R14, R15
	CALL_R15
	MOVD	R16, r+8(FP)
	RET

child:
	MOVD	program_first(R14), R15
	MOVD	$0, R16
	MOVD	$-4095, R18	// errors are -4095 to -1
loop:
	CALL_R15
	MOVD	call_check(R15), R17
	CMP	R17, $const_checkNothing
	BEQ	next
	CMPU	R3, R18
	BGE	fail
	CMP	R17, $const_checkNonzero
	BNE	next
	CMP	R3, $0
	BEQ	fail
next:
	ADD	$call__size, R15
	ADD	$1, R16
	BR	loop

fail:
	NEG	R3
	MOVD	R16, (program_failure+failure_index)(R14)
	MOVD	R3, (program_failure+failure_errno)(R14)
	ADD	$program_fail, R14, R15
	CALL_R15
	ADD	$program_exit, R14, R15
	CALL_R15
	UNDEF	// a filter may have refused even the exit
