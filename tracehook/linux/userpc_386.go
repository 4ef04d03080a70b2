package linux

// userPC is where the program counter is in struct user, which begins with struct
// user_regs_struct (arch/x86/include/asm/user_32.h): eip. One word is written
// faster than the whole set.
const userPC = 12 * 4
