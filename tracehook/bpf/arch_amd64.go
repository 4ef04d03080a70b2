package bpf

// AUDIT_ARCH_X86_64 and AUDIT_ARCH_I386 (linux/audit.h).
const (
	auditNative = 0xc000003e
	auditCompat = 0x40000003
)
