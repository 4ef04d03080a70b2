#include "textflag.h"

// func fake(nr, a1, a2, a3, a4, a5, a6 uintptr) uintptr
TEXT ·fake(SB),NOSPLIT,$0-64
	MOVQ nr+0(FP), AX
	MOVQ a1+8(FP), DI
	MOVQ a2+16(FP), SI
	MOVQ a3+24(FP), DX
	MOVQ a4+32(FP), R10
	MOVQ a5+40(FP), R8
	MOVQ a6+48(FP), R9
	SYSCALL
	MOVQ AX, ret+56(FP)
	RET

// func fakeAddr() uintptr
TEXT ·fakeAddr(SB),NOSPLIT,$0-8
	MOVQ $·fake(SB), AX
	MOVQ AX, ret+0(FP)
	RET
