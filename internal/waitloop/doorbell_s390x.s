#include "textflag.h"

// See doorbell_amd64.s.
#define CLONE_FLAGS 0x00800700

// func cloneDoorbell(epfd, parent uintptr) (pid int)
TEXT ·cloneDoorbell(SB), NOSPLIT, $0-24
	MOVD	epfd+0(FP), R8
	MOVD	parent+8(FP), R9
	MOVD	$0, R2			// the stack comes first on this machine
	MOVD	$CLONE_FLAGS, R3
	MOVD	$0, R4
	MOVD	$0, R5
	MOVD	$0, R6
	MOVW	$120, R1		// clone
	SYSCALL
	CMPBEQ	R2, $0, child
	MOVD	R2, pid+16(FP)
	RET

child:
	MOVD	$1, R2			// PR_SET_PDEATHSIG
	MOVD	$9, R3			// SIGKILL
	MOVW	$172, R1		// prctl
	SYSCALL
	MOVW	$64, R1			// getppid
	SYSCALL
	CMPBNE	R2, R9, orphan
	MOVW	$20, R1			// getpid
	SYSCALL
	MOVD	R2, R9
	MOVD	$·doorbellEvent(SB), R12

loop:
	MOVD	R8, R2
	MOVD	R12, R3
	MOVD	$1, R4			// one event
	MOVD	$-1, R5			// no time-out
	MOVD	$0, R6			// no signal mask
	MOVD	$0, R7
	MOVW	$312, R1		// epoll_pwait
	SYSCALL
	MOVD	R9, R2
	MOVD	$19, R3			// SIGSTOP
	MOVW	$37, R1			// kill
	SYSCALL
	BR	loop

orphan:
	MOVD	$0, R2
	MOVW	$1, R1			// exit
	SYSCALL
	BR	orphan
