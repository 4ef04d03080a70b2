//go:build ppc64 || ppc64le

#include "go_asm.h"
#include "textflag.h"

// CALL_R15 makes the system call that R15 points to. The kernel changes R3 to
// R12; an error is positive, with a flag.
#define CALL_R15 \
	MOVD	Call_NR(R15), R9 \
	MOVD	(Call_Args+0)(R15), R3 \
	MOVD	(Call_Args+8)(R15), R4 \
	MOVD	(Call_Args+16)(R15), R5 \
	MOVD	(Call_Args+24)(R15), R6 \
	MOVD	(Call_Args+32)(R15), R7 \
	SYSCALL	R9 \
	BVC	2(PC) \
	NEG	R3

// func Make(c *Call) uintptr
TEXT ·Make(SB),NOSPLIT,$0-16
	MOVD	c+0(FP), R15
	CALL_R15
	MOVD	R3, ret+8(FP)
	RET

// func Start(p *Program) uintptr
TEXT ·Start(SB),NOSPLIT,$0-16
	MOVD	p+0(FP), R14
	ADD	$Program_Block, R14, R15
	CALL_R15
	ADD	$Program_Clone, R14, R15
	CALL_R15
	CMP	R3, $0
	BEQ	child

	MOVD	R3, R16
	ADD	$Program_Unblock, R14, R15
	CALL_R15
	MOVD	R16, ret+8(FP)
	RET

child:
	MOVD	Program_First(R14), R15
loop:
	CALL_R15
	MOVD	(Call_Check+Check_First)(R15), R16
	MOVD	(Call_Check+Check_Many)(R15), R17
	SUB	R16, R3, R16
	CMPU	R16, R17
	BLT	fail
	MOVD	Call_Back(R15), R16
	ADD	$Call__size, R15
	SUB	R16, R15
	BR	loop

fail:
	MOVD	R15, (Program_Failure+Failure_At)(R14)
	MOVD	R3, (Program_Failure+Failure_Result)(R14)
	ADD	$Program_Fail, R14, R15
	CALL_R15
	ADD	$Program_Exit, R14, R15
	CALL_R15
	UNDEF	// a filter may have refused even the exit
