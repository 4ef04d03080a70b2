#include "textflag.h"

// See doorbell_amd64.s.
#define CLONE_FLAGS 0x00800700

// func cloneDoorbell(epfd, parent uintptr) (pid int)
TEXT ·cloneDoorbell(SB), NOSPLIT, $0-24
	MOV	epfd+0(FP), S2
	MOV	parent+8(FP), S3
	MOV	$CLONE_FLAGS, A0
	MOV	ZERO, A1
	MOV	ZERO, A2
	MOV	ZERO, A3
	MOV	ZERO, A4
	MOV	$220, A7		// clone
	ECALL
	BEQZ	A0, child
	MOV	A0, pid+16(FP)
	RET

child:
	MOV	$1, A0			// PR_SET_PDEATHSIG
	MOV	$9, A1			// SIGKILL
	MOV	$167, A7		// prctl
	ECALL
	MOV	$173, A7		// getppid
	ECALL
	BNE	A0, S3, orphan
	MOV	$172, A7		// getpid
	ECALL
	MOV	A0, S3
	MOV	$·doorbellEvent(SB), S4

loop:
	MOV	S2, A0
	MOV	S4, A1
	MOV	$1, A2			// one event
	MOV	$-1, A3			// no time-out
	MOV	ZERO, A4		// no signal mask
	MOV	ZERO, A5
	MOV	$22, A7			// epoll_pwait
	ECALL
	MOV	S3, A0
	MOV	$19, A1			// SIGSTOP
	MOV	$129, A7		// kill
	ECALL
	JMP	loop

orphan:
	MOV	ZERO, A0
	MOV	$93, A7			// exit
	ECALL
	JMP	orphan
