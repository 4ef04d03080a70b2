package bpf

// AUDIT_ARCH_PPC64LE (linux/audit.h). There are no 32-bit programs of this byte
// order.
const (
	auditNative = 0xc0000015
	auditCompat = 0xc0000015
)
