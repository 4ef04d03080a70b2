#include "textflag.h"

// The flags in all files: CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_UNTRACED, exit
// signal 0. Sharing the files matters twice: the helper sleeps on our epoll set,
// and it does not keep descriptors open that we close. CLONE_UNTRACED lets us be
// the tracer even while somebody traces us with PTRACE_O_TRACECLONE.
#define CLONE_FLAGS 0x00800700

// func cloneDoorbell(epfd, parent uintptr) (pid int)
TEXT ·cloneDoorbell(SB), NOSPLIT, $0-24
	MOVQ	epfd+0(FP), R12
	MOVQ	parent+8(FP), R13
	MOVQ	$CLONE_FLAGS, DI
	XORL	SI, SI
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	MOVL	$56, AX			// clone
	SYSCALL
	TESTQ	AX, AX
	JZ	child
	MOVQ	AX, pid+16(FP)
	RET

child:
	MOVQ	$1, DI			// PR_SET_PDEATHSIG
	MOVQ	$9, SI			// SIGKILL
	MOVL	$157, AX		// prctl
	SYSCALL
	MOVL	$110, AX		// getppid
	SYSCALL
	CMPQ	AX, R13
	JNE	orphan
	MOVL	$39, AX			// getpid
	SYSCALL
	MOVQ	AX, R13
	LEAQ	·doorbellEvent(SB), R15

loop:
	MOVQ	R12, DI
	MOVQ	R15, SI
	MOVQ	$1, DX			// one event
	MOVQ	$-1, R10		// no time-out
	XORL	R8, R8			// no signal mask
	XORL	R9, R9
	MOVL	$281, AX		// epoll_pwait
	SYSCALL
	MOVQ	R13, DI
	MOVQ	$19, SI			// SIGSTOP
	MOVL	$62, AX			// kill
	SYSCALL
	JMP	loop

orphan:
	XORL	DI, DI
	MOVL	$60, AX			// exit
	SYSCALL
	JMP	orphan
