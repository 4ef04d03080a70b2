//go:build ppc64 || ppc64le

#include "textflag.h"

// See doorbell_amd64.s.
#define CLONE_FLAGS 0x00800700

// func cloneDoorbell(epfd, parent uintptr) (pid int)
TEXT ·cloneDoorbell(SB), NOSPLIT|NOFRAME, $0-24
	MOVD	epfd+0(FP), R14
	MOVD	parent+8(FP), R15
	MOVD	$CLONE_FLAGS, R3
	MOVD	$0, R4
	MOVD	$0, R5
	MOVD	$0, R6
	MOVD	$0, R7
	SYSCALL	$120			// clone
	BVC	done
	NEG	R3			// the error is positive here, with a flag
done:
	CMP	R3, $0
	BEQ	child
	MOVD	R3, pid+16(FP)
	RET

child:
	MOVD	$1, R3			// PR_SET_PDEATHSIG
	MOVD	$9, R4			// SIGKILL
	SYSCALL	$171			// prctl
	SYSCALL	$64			// getppid
	CMP	R3, R15
	BNE	orphan
	SYSCALL	$20			// getpid
	MOVD	R3, R15
	MOVD	$·doorbellEvent(SB), R16

loop:
	MOVD	R14, R3
	MOVD	R16, R4
	MOVD	$1, R5			// one event
	MOVD	$-1, R6			// no time-out
	MOVD	$0, R7			// no signal mask
	MOVD	$0, R8
	SYSCALL	$303			// epoll_pwait
	MOVD	R15, R3
	MOVD	$19, R4			// SIGSTOP
	SYSCALL	$37			// kill
	BR	loop

orphan:
	MOVD	$0, R3
	SYSCALL	$1			// exit
	BR	orphan
