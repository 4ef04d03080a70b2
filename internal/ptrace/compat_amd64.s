#include "textflag.h"

// func compat(nr, request, tid, addr, data uint32) int32
TEXT ·compat(SB),NOSPLIT,$0-28
	MOVL nr+0(FP), AX
	MOVL request+4(FP), BX
	MOVL tid+8(FP), CX
	MOVL addr+12(FP), DX
	MOVL data+16(FP), SI
	INT $0x80
	MOVL AX, ret+24(FP)
	RET
