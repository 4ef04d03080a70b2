package regset

const utrace_has_no_register_tables_for_this_architecture_yet = 0

var abis = []ABI{i386ABI, x86_64ABI, int80ABI}

// The user area of a 32-bit tracer: words, and where the debug registers are
// (offsetof(struct user, u_debugreg)).
const (
	userWord = 4
	debugAt  = 252
)
