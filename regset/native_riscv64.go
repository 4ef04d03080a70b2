package regset

const utrace_has_no_register_tables_for_this_architecture_yet = 0

var abis = []ABI{riscv64ABI}
