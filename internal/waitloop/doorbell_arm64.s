#include "textflag.h"

// See doorbell_amd64.s.
#define CLONE_FLAGS 0x00800700

// func cloneDoorbell(epfd, parent uintptr) (pid int)
TEXT ·cloneDoorbell(SB), NOSPLIT, $0-24
	MOVD	epfd+0(FP), R19
	MOVD	parent+8(FP), R20
	MOVD	$CLONE_FLAGS, R0
	MOVD	ZR, R1
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	ZR, R4
	MOVD	$220, R8		// clone
	SVC
	CBZ	R0, child
	MOVD	R0, pid+16(FP)
	RET

child:
	MOVD	$1, R0			// PR_SET_PDEATHSIG
	MOVD	$9, R1			// SIGKILL
	MOVD	$167, R8		// prctl
	SVC
	MOVD	$173, R8		// getppid
	SVC
	CMP	R20, R0
	BNE	orphan
	MOVD	$172, R8		// getpid
	SVC
	MOVD	R0, R20
	MOVD	$·doorbellEvent(SB), R21

loop:
	MOVD	R19, R0
	MOVD	R21, R1
	MOVD	$1, R2			// one event
	MOVD	$-1, R3			// no time-out
	MOVD	ZR, R4			// no signal mask
	MOVD	ZR, R5
	MOVD	$22, R8			// epoll_pwait
	SVC
	MOVD	R20, R0
	MOVD	$19, R1			// SIGSTOP
	MOVD	$129, R8		// kill
	SVC
	B	loop

orphan:
	MOVD	ZR, R0
	MOVD	$93, R8			// exit
	SVC
	B	orphan
