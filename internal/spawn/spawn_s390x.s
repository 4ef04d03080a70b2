#include "go_asm.h"
#include "textflag.h"

// CALL_R9 makes the system call that R9 points to. The kernel changes R2 only.
#define CALL_R9 \
	MOVD	Call_NR(R9), R1 \
	MOVD	(Call_Args+0)(R9), R2 \
	MOVD	(Call_Args+8)(R9), R3 \
	MOVD	(Call_Args+16)(R9), R4 \
	MOVD	(Call_Args+24)(R9), R5 \
	MOVD	(Call_Args+32)(R9), R6 \
	SYSCALL

// func Make(c *Call) uintptr
TEXT ·Make(SB),NOSPLIT,$0-16
	MOVD	c+0(FP), R9
	CALL_R9
	MOVD	R2, ret+8(FP)
	RET

// func Start(p *Program) uintptr
TEXT ·Start(SB),NOSPLIT,$0-16
	MOVD	p+0(FP), R8
	ADD	$Program_Block, R8, R9
	CALL_R9
	ADD	$Program_Clone, R8, R9
	CALL_R9
	CMPBEQ	R2, $0, child

	MOVD	R2, R7
	ADD	$Program_Unblock, R8, R9
	CALL_R9
	MOVD	R7, ret+8(FP)
	RET

child:
	MOVD	Program_First(R8), R9
loop:
	CALL_R9
	MOVD	(Call_Check+Check_First)(R9), R7
	MOVD	(Call_Check+Check_Many)(R9), R12
	SUB	R7, R2, R7
	CMPUBLT	R7, R12, fail
	MOVD	Call_Back(R9), R7
	ADD	$Call__size, R9
	SUB	R7, R9
	BR	loop

fail:
	MOVD	R9, (Program_Failure+Failure_At)(R8)
	MOVD	R2, (Program_Failure+Failure_Result)(R8)
	ADD	$Program_Fail, R8, R9
	CALL_R9
	ADD	$Program_Exit, R8, R9
	CALL_R9
	UNDEF	// a filter may have refused even the exit
