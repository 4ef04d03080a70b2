// A program that stores all its registers, without using any but the stack
// pointer, and traps. It begins by spinning; the test sends it to "prepare", if
// there is such a thing, and to "store" with the stack pointer at "area". What lies where in that the test knows
// (stored_test.go).

	.globl _start, store, area

#if defined(__aarch64__)
	.arch armv8.5-a+sve+sme
	.macro scalable_registers
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	str z\n, [sp, #\n, mul vl]
	.endr
	add x0, sp, #8192
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	str p\n, [x0, #\n, mul vl]
	.endr
	rdvl x1, #1
	str x1, [x0, #2048]
	.endm

	.text
_start:	b _start
	// As store, each for what its name says. Those that begin with a mode trap
	// twice, and go on behind the first trap.
scalable:
	scalable_registers
	rdffr p0.b
	str p0, [x0, #16, mul vl]
	brk #0
streaming:
	smstart sm
	brk #0
	scalable_registers
	brk #0
matrix:	smstart za
	brk #0
	rdsvl x1, #1
	mov x0, sp
	mov w12, #0
1:	str za[w12, 0], [x0]
	add x0, x0, x1
	add w12, w12, #1
	cmp w12, w1
	b.ne 1b
	brk #0
call:	svc #0
	str x0, [sp]
	brk #0
sign:	mov x2, x0
	pacia x2, x1
	str x2, [sp]
	mov x2, x0
	pacib x2, x1
	str x2, [sp, #8]
	mov x2, x0
	pacda x2, x1
	str x2, [sp, #16]
	mov x2, x0
	pacdb x2, x1
	str x2, [sp, #24]
	pacga x2, x0, x1
	str x2, [sp, #32]
	brk #0
second_thread_pointer:
	mrs x0, s3_3_c13_c0_5 // TPIDR2_EL0
	str x0, [sp]
	brk #0
store:
	.irp n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28
	str x\n, [sp, #8*\n]
	.endr
	.irp n, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,30
	str x\n, [sp, #8*\n]
	.endr
	mov x0, sp
	str x0, [sp, #248]
	mrs x0, nzcv
	str x0, [sp, #256]
	mrs x0, fpsr
	str w0, [sp, #264]
	mrs x0, fpcr
	str w0, [sp, #272]
	mrs x0, tpidr_el0
	str x0, [sp, #280]
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	str q\n, [sp, #1024+16*\n]
	.endr
	brk #0

#elif defined(__arm__)
	.arch armv8-a
	.fpu neon-fp-armv8
	.arm
	.text
_start:	b _start
store:
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,14
	str r\n, [sp, #4*\n]
	.endr
	mrs r0, cpsr
	str r0, [sp, #64]
	vmrs r0, fpscr
	str r0, [sp, #68]
	mrc p15, 0, r0, c13, c0, 3 // TPIDRURO
	str r0, [sp, #72]
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vstr d\n, [sp, #256+8*\n]
	.endr
	.inst 0xe7f001f0 // the kernel's breakpoint (AARCH32_BREAK_ARM)
call:	svc #0
	str r0, [sp]
	.inst 0xe7f001f0

#elif defined(__powerpc64__)
	.machine power10
	.abiversion 2
	.data
// struct perf_event_attr of an event-based branch: the kernel loads what belongs to
// the performance monitor for threads that have one (ebb_switch_in in
// arch/powerpc/perf/core-book3s.c).
event:	.long 4, 64			// PERF_TYPE_RAW, and the size
	.quad 1<<63 | 0x1001e		// for branches: cycles
	.quad 0, 0, 0
	.quad 0x6c			// pinned, exclusive, of user mode
	.quad 0, 0
	.text
_start:	b _start
prepare:
	mtspr 3, 1			// DSCR: a thread's own from now on
	lis 3, event@ha
	addi 3, 3, event@l
	li 4, 0
	li 5, -1
	li 6, -1
	li 7, 0
	li 0, 319			// perf_event_open
	sc
	trap
store:
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	std \n, 8*\n(1)
	stfd \n, 512+8*\n(1)
	.endr
	mfctr 0
	std 0, 256(1)
	mflr 0
	std 0, 264(1)
	mfxer 0
	std 0, 272(1)
	mfcr 0
	std 0, 280(1)
	mfspr 0, 815	// TAR
	std 0, 288(1)
	mfspr 0, 256	// VRSAVE
	stw 0, 312(1)
	mfspr 0, 896	// PPR
	std 0, 296(1)
	mfspr 0, 3	// DSCR
	std 0, 304(1)
	.set at, 352
	.irp n, 805,804,806,780,781,768,769,779	// EBBRR, EBBHR, BESCR, SIAR, SDAR, SIER, MMCR2, MMCR0
	mfspr 0, \n
	std 0, at(1)
	.set at, at+8
	.endr
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	addi 3, 1, 1024+16*\n
	stvx \n, 0, 3
	addi 3, 1, 2048+16*\n
	stxvd2x \n, 0, 3
	.endr
	mffs 0
	stfd 0, 320(1)
	mfvscr 0
	addi 3, 1, 336
	stvx 0, 0, 3
	trap

#elif defined(__riscv)
	.option norvc
	.text
_start:	j _start
	.option push
	.option arch, +v
use_vectors:
	vsetvli t0, x0, e8, m8
	ebreak
vectors:
	csrr a0, vl
	sd a0, 0(sp)
	csrr a0, vtype
	sd a0, 8(sp)
	csrr a0, vcsr
	sd a0, 16(sp)
	csrr a1, vlenb
	slli a1, a1, 3
	addi a0, sp, 64
	.irp n, 0,8,16,24
	vs8r.v v\n, (a0)
	add a0, a0, a1
	.endr
	ebreak
	.option pop
store:
	.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd x\n, 8*\n(sp)
	.endr
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	fsd f\n, 512+8*\n(sp)
	.endr
	frcsr a0
	sw a0, 256(sp)
	ebreak

#elif defined(__s390x__)
	.machine z13
	.text
_start:	j _start
// The kernel takes back a call that came by an instruction as long as this one.
store:
	stmg 0, 15, 0(15)
	stam 0, 15, 128(15)
	stfpc 256(15)
	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vst \n, 1024+16*\n(15)
	.endr
	.short 1
#endif

	.bss
	.balign 64
area:	.space 65536
