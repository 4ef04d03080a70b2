#include "textflag.h"

// See doorbell_amd64.s.
#define CLONE_FLAGS 0x00800700

// func cloneDoorbell(epfd, parent uintptr) (pid int)
TEXT ·cloneDoorbell(SB), NOSPLIT, $0-12
	MOVL	epfd+0(FP), BP
	MOVL	parent+4(FP), DI	// DI as an argument of clone is not looked at
	MOVL	$CLONE_FLAGS, BX
	XORL	CX, CX
	XORL	DX, DX
	XORL	SI, SI
	MOVL	$120, AX		// clone
	INT	$0x80
	TESTL	AX, AX
	JZ	child
	MOVL	AX, pid+8(FP)
	RET

child:
	MOVL	$1, BX			// PR_SET_PDEATHSIG
	MOVL	$9, CX			// SIGKILL
	MOVL	$172, AX		// prctl
	INT	$0x80
	MOVL	$64, AX			// getppid
	INT	$0x80
	CMPL	AX, DI
	JNE	orphan
	MOVL	$20, AX			// getpid
	INT	$0x80
	MOVL	AX, DI

loop:
	MOVL	BP, BX
	LEAL	·doorbellEvent(SB), CX
	MOVL	$1, DX			// one event
	MOVL	$-1, SI			// no time-out
	MOVL	$256, AX		// epoll_wait
	INT	$0x80
	MOVL	DI, BX
	MOVL	$19, CX			// SIGSTOP
	MOVL	$37, AX			// kill
	INT	$0x80
	JMP	loop

orphan:
	XORL	BX, BX
	MOVL	$1, AX			// exit
	INT	$0x80
	JMP	orphan
