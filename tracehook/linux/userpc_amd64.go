package linux

// userPC is where the program counter is in struct user, which begins with struct
// user_regs_struct (arch/x86/include/asm/user_64.h): rip, whatever the mode of the
// tracee. One word is written faster than the whole set.
const userPC = 16 * 8
