package bpf

// AUDIT_ARCH_AARCH64 and AUDIT_ARCH_ARM (linux/audit.h).
const (
	auditNative = 0xc00000b7
	auditCompat = 0x40000028
)
