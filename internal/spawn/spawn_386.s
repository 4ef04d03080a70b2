#include "go_asm.h"
#include "textflag.h"

// CALL_BP makes the system call that BP points to. The kernel changes AX only.
#define CALL_BP \
	MOVL	Call_NR(BP), AX \
	MOVL	(Call_Args+0)(BP), BX \
	MOVL	(Call_Args+4)(BP), CX \
	MOVL	(Call_Args+8)(BP), DX \
	MOVL	(Call_Args+12)(BP), SI \
	MOVL	(Call_Args+16)(BP), DI \
	INT	$0x80

// func Make(c *Call) uintptr
TEXT ·Make(SB),NOSPLIT,$0-8
	MOVL	c+0(FP), BP
	CALL_BP
	MOVL	AX, ret+4(FP)
	RET

// func Start(p *Program) uintptr
//
// There is no general register left to keep the program in.
TEXT ·Start(SB),NOSPLIT,$0-8
	MOVL	p+0(FP), BP
	MOVL	BP, X7
	ADDL	$Program_Block, BP
	CALL_BP
	MOVL	X7, BP
	ADDL	$Program_Clone, BP
	CALL_BP
	TESTL	AX, AX
	JEQ	child

	MOVL	AX, ret+4(FP)
	MOVL	X7, BP
	ADDL	$Program_Unblock, BP
	CALL_BP
	RET

child:
	MOVL	X7, BP
	MOVL	Program_First(BP), BP
loop:
	CALL_BP
	MOVL	AX, CX
	SUBL	(Call_Check+Check_First)(BP), CX
	CMPL	CX, (Call_Check+Check_Many)(BP)
	JCS	fail
	SUBL	Call_Back(BP), BP
	ADDL	$Call__size, BP
	JMP	loop

fail:
	MOVL	BP, CX
	MOVL	X7, BP
	MOVL	CX, (Program_Failure+Failure_At)(BP)
	MOVL	AX, (Program_Failure+Failure_Result)(BP)
	ADDL	$Program_Fail, BP
	CALL_BP
	MOVL	X7, BP
	ADDL	$Program_Exit, BP
	CALL_BP
	UNDEF	// a filter may have refused even the exit
