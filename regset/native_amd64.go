package regset

const utrace_has_no_register_tables_for_this_architecture_yet = 0

var abis = []ABI{x86_64ABI, i386ABI, int80ABI}

// The user area of a 64-bit tracer: words, and where the debug registers are
// (offsetof(struct user, u_debugreg)).
const (
	userWord = 8
	debugAt  = 848
)
