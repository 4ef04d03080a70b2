// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How a system call looks on each architecture.
#pragma once

// ABIs, as an index into the table of calls.
enum { ABI_NATIVE = 0, ABI_COMPAT = 1, ABI_X32 = 2, ABIS = 3 };

#if defined(__TARGET_ARCH_x86)

#define TS_COMPAT 2                // arch/x86/include/asm/thread_info.h
#define X32_SYSCALL_BIT 0x40000000 // uapi/asm/unistd.h

// An int 0x80 of a 64-bit program counts as compat, too (syscall_32_enter).
static __always_inline int is_compat(struct task_struct *task)
{
	return (BPF_CORE_READ(task, thread_info.status) & TS_COMPAT) != 0;
}

static __always_inline void call_of(struct pt_regs *regs, int compat, u64 *args)
{
	if (compat) {
		args[0] = (u32)regs->bx;
		args[1] = (u32)regs->cx;
		args[2] = (u32)regs->dx;
		args[3] = (u32)regs->si;
		args[4] = (u32)regs->di;
		args[5] = (u32)regs->bp;
		return;
	}
	args[0] = regs->di;
	args[1] = regs->si;
	args[2] = regs->dx;
	args[3] = regs->r10;
	args[4] = regs->r8;
	args[5] = regs->r9;
}

#define REGS_IP(regs) ((regs)->ip)
#define REGS_SP(regs) ((regs)->sp)
#define REGS_NR(regs) ((s64)(regs)->orig_ax)

#elif defined(__TARGET_ARCH_arm64)

#define TIF_32BIT 22 // arch/arm64/include/asm/thread_info.h

static __always_inline int is_compat(struct task_struct *task)
{
	return (BPF_CORE_READ(task, thread_info.flags) >> TIF_32BIT) & 1;
}

static __always_inline void call_of(struct pt_regs *regs, int compat, u64 *args)
{
	args[0] = regs->orig_x0;
	args[1] = regs->regs[1];
	args[2] = regs->regs[2];
	args[3] = regs->regs[3];
	args[4] = regs->regs[4];
	args[5] = regs->regs[5];
}

#define REGS_IP(regs) ((regs)->pc)
#define REGS_SP(regs) ((regs)->sp)
#define REGS_NR(regs) ((s64)(regs)->syscallno)

#elif defined(__TARGET_ARCH_powerpc)

#define TIF_32BIT 4 // arch/powerpc/include/asm/thread_info.h

static __always_inline int is_compat(struct task_struct *task)
{
	return (BPF_CORE_READ(task, thread_info.flags) >> TIF_32BIT) & 1;
}

static __always_inline void call_of(struct pt_regs *regs, int compat, u64 *args)
{
	args[0] = regs->orig_gpr3;
	args[1] = regs->gpr[4];
	args[2] = regs->gpr[5];
	args[3] = regs->gpr[6];
	args[4] = regs->gpr[7];
	args[5] = regs->gpr[8];
}

#define REGS_IP(regs) ((regs)->nip)
#define REGS_SP(regs) ((regs)->gpr[1])
#define REGS_NR(regs) ((s64)(regs)->gpr[0])

#endif

#define CALLS_PER_ABI 512

// call_index says where a call is in the table of calls, of which those that
// no table could know share the last of their ABI.
static __always_inline u32 call_index(int compat, u64 nr)
{
	u32 abi = compat ? ABI_COMPAT : ABI_NATIVE;
#ifdef X32_SYSCALL_BIT
	if (!compat && nr != (u64)-1 && (nr & X32_SYSCALL_BIT)) {
		abi = ABI_X32;
		nr &= ~(u64)X32_SYSCALL_BIT;
	}
#endif
	if (nr >= CALLS_PER_ABI)
		nr = CALLS_PER_ABI - 1;
	return abi * CALLS_PER_ABI + (u32)nr;
}
