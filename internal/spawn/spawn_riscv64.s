#include "go_asm.h"
#include "textflag.h"

// CALL_S3 makes the system call that S3 points to. The kernel changes A0 only.
#define CALL_S3 \
	MOV	Call_NR(S3), A7 \
	MOV	(Call_Args+0)(S3), A0 \
	MOV	(Call_Args+8)(S3), A1 \
	MOV	(Call_Args+16)(S3), A2 \
	MOV	(Call_Args+24)(S3), A3 \
	MOV	(Call_Args+32)(S3), A4 \
	ECALL

// func Make(c *Call) uintptr
TEXT ·Make(SB),NOSPLIT,$0-16
	MOV	c+0(FP), S3
	CALL_S3
	MOV	A0, ret+8(FP)
	RET

// func Start(p *Program) uintptr
TEXT ·Start(SB),NOSPLIT,$0-16
	MOV	p+0(FP), S2
	ADD	$Program_Block, S2, S3
	CALL_S3
	ADD	$Program_Clone, S2, S3
	CALL_S3
	BEQZ	A0, child

	MOV	A0, S4
	ADD	$Program_Unblock, S2, S3
	CALL_S3
	MOV	S4, ret+8(FP)
	RET

child:
	MOV	Program_First(S2), S3
loop:
	CALL_S3
	MOV	(Call_Check+Check_First)(S3), S4
	MOV	(Call_Check+Check_Many)(S3), S5
	SUB	S4, A0, S4
	BLTU	S4, S5, fail
	MOV	Call_Back(S3), S4
	ADD	$Call__size, S3
	SUB	S4, S3
	JMP	loop

fail:
	MOV	S3, (Program_Failure+Failure_At)(S2)
	MOV	A0, (Program_Failure+Failure_Result)(S2)
	ADD	$Program_Fail, S2, S3
	CALL_S3
	ADD	$Program_Exit, S2, S3
	CALL_S3
	UNDEF	// a filter may have refused even the exit
