#include "go_asm.h"
#include "textflag.h"

// CALL_R20 makes the system call that R20 points to. The kernel changes R0
// only.
#define CALL_R20 \
	MOVD	Call_NR(R20), R8 \
	MOVD	(Call_Args+0)(R20), R0 \
	MOVD	(Call_Args+8)(R20), R1 \
	MOVD	(Call_Args+16)(R20), R2 \
	MOVD	(Call_Args+24)(R20), R3 \
	MOVD	(Call_Args+32)(R20), R4 \
	SVC

// func Make(c *Call) uintptr
TEXT ·Make(SB),NOSPLIT,$0-16
	MOVD	c+0(FP), R20
	CALL_R20
	MOVD	R0, ret+8(FP)
	RET

// func Start(p *Program) uintptr
TEXT ·Start(SB),NOSPLIT,$0-16
	MOVD	p+0(FP), R19
	ADD	$Program_Block, R19, R20
	CALL_R20
	ADD	$Program_Clone, R19, R20
	CALL_R20
	CBZ	R0, child

	MOVD	R0, R21
	ADD	$Program_Unblock, R19, R20
	CALL_R20
	MOVD	R21, ret+8(FP)
	RET

child:
	MOVD	Program_First(R19), R20
loop:
	CALL_R20
	LDP	(Call_Check+Check_First)(R20), (R21, R22)
	SUB	R21, R0, R21
	CMP	R22, R21
	BLO	fail
	MOVD	Call_Back(R20), R21
	ADD	$Call__size, R20
	SUB	R21, R20
	B	loop

fail:
	MOVD	R20, (Program_Failure+Failure_At)(R19)
	MOVD	R0, (Program_Failure+Failure_Result)(R19)
	ADD	$Program_Fail, R19, R20
	CALL_R20
	ADD	$Program_Exit, R19, R20
	CALL_R20
	UNDEF	// a filter may have refused even the exit
