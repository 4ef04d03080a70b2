#include "go_asm.h"
#include "textflag.h"

// CALL_BX makes the system call that BX points to. The kernel changes AX, CX and
// R11 only.
#define CALL_BX \
	MOVQ	Call_NR(BX), AX \
	MOVQ	(Call_Args+0)(BX), DI \
	MOVQ	(Call_Args+8)(BX), SI \
	MOVQ	(Call_Args+16)(BX), DX \
	MOVQ	(Call_Args+24)(BX), R10 \
	MOVQ	(Call_Args+32)(BX), R8 \
	SYSCALL

// func Make(c *Call) uintptr
TEXT ·Make(SB),NOSPLIT,$0-16
	MOVQ	c+0(FP), BX
	CALL_BX
	MOVQ	AX, ret+8(FP)
	RET

// func Start(p *Program) uintptr
TEXT ·Start(SB),NOSPLIT,$0-16
	MOVQ	p+0(FP), R12
	LEAQ	Program_Block(R12), BX
	CALL_BX
	LEAQ	Program_Clone(R12), BX
	CALL_BX
	TESTQ	AX, AX
	JEQ	child

	MOVQ	AX, R13
	LEAQ	Program_Unblock(R12), BX
	CALL_BX
	MOVQ	R13, ret+8(FP)
	RET

child:
	MOVQ	Program_First(R12), BX
loop:
	CALL_BX
	MOVQ	AX, CX
	SUBQ	(Call_Check+Check_First)(BX), CX
	CMPQ	CX, (Call_Check+Check_Many)(BX)
	JCS	fail
	SUBQ	Call_Back(BX), BX
	ADDQ	$Call__size, BX
	JMP	loop

fail:
	MOVQ	BX, (Program_Failure+Failure_At)(R12)
	MOVQ	AX, (Program_Failure+Failure_Result)(R12)
	LEAQ	Program_Fail(R12), BX
	CALL_BX
	LEAQ	Program_Exit(R12), BX
	CALL_BX
	UNDEF	// a filter may have refused even the exit
