package decode

// Constants of memory mappings.

var (
	protFlags = names{"PROT_???", []name{
		{0, "PROT_NONE"}, {1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}, {8, "PROT_SEM"},
		{0x1000000, "PROT_GROWSDOWN"}, {0x2000000, "PROT_GROWSUP"},
	}}
	mapTypes = names{"MAP_???", []name{
		{0, "MAP_FILE"}, {1, "MAP_SHARED"}, {2, "MAP_PRIVATE"}, {3, "MAP_SHARED_VALIDATE"},
	}}
	mapFlags = names{"MAP_???", []name{
		{0x10, "MAP_FIXED"}, {0x20, "MAP_ANONYMOUS"}, {0x40, "MAP_32BIT"}, {0x4000, "MAP_NORESERVE"},
		{0x8000, "MAP_POPULATE"}, {0x10000, "MAP_NONBLOCK"}, {0x100, "MAP_GROWSDOWN"},
		{0x800, "MAP_DENYWRITE"}, {0x1000, "MAP_EXECUTABLE"}, {0x2000, "MAP_LOCKED"},
		{0x20000, "MAP_STACK"}, {0x40000, "MAP_HUGETLB"}, {0x80000, "MAP_SYNC"},
		{0x100000, "MAP_FIXED_NOREPLACE"},
	}}
	mremapFlags = names{"MREMAP_???", []name{
		{1, "MREMAP_MAYMOVE"}, {2, "MREMAP_FIXED"}, {4, "MREMAP_DONTUNMAP"},
	}}
	msyncFlags = names{"MS_???", []name{
		{4, "MS_SYNC"}, {1, "MS_ASYNC"}, {2, "MS_INVALIDATE"},
	}}
	madvices = names{"MADV_???", []name{
		{0, "MADV_NORMAL"}, {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"},
		{4, "MADV_DONTNEED"}, {8, "MADV_FREE"}, {9, "MADV_REMOVE"}, {0xa, "MADV_DONTFORK"},
		{0xb, "MADV_DOFORK"}, {0xc, "MADV_MERGEABLE"}, {0xd, "MADV_UNMERGEABLE"},
		{0xe, "MADV_HUGEPAGE"}, {0xf, "MADV_NOHUGEPAGE"}, {0x10, "MADV_DONTDUMP"},
		{0x11, "MADV_DODUMP"}, {0x12, "MADV_WIPEONFORK"}, {0x13, "MADV_KEEPONFORK"},
		{0x14, "MADV_COLD"}, {0x15, "MADV_PAGEOUT"}, {0x16, "MADV_POPULATE_READ"},
		{0x17, "MADV_POPULATE_WRITE"}, {0x18, "MADV_DONTNEED_LOCKED"}, {0x19, "MADV_COLLAPSE"},
		{0x64, "MADV_HWPOISON"}, {0x65, "MADV_SOFT_OFFLINE"},
	}}
	mlockallFlags = names{"MCL_???", []name{
		{1, "MCL_CURRENT"}, {2, "MCL_FUTURE"}, {4, "MCL_ONFAULT"},
	}}
	mlock2Flags = names{"MLOCK_???", []name{
		{1, "MLOCK_ONFAULT"},
	}}
	pkeyAccess = names{"PKEY_???", []name{
		{1, "PKEY_DISABLE_ACCESS"}, {2, "PKEY_DISABLE_WRITE"}, {4, "PKEY_DISABLE_EXECUTE"},
	}}
	mpolModes = names{"MPOL_???", []name{
		{0, "MPOL_DEFAULT"}, {1, "MPOL_PREFERRED"}, {2, "MPOL_BIND"}, {3, "MPOL_INTERLEAVE"},
		{4, "MPOL_LOCAL"}, {5, "MPOL_PREFERRED_MANY"},
	}}
	mpolModeFlags = names{"MPOL_???", []name{
		{0x8000, "MPOL_F_STATIC_NODES"}, {0x4000, "MPOL_F_RELATIVE_NODES"},
		{0x2000, "MPOL_F_NUMA_BALANCING"},
	}}
	mpolFlags = names{"MPOL_???", []name{
		{1, "MPOL_F_NODE"}, {2, "MPOL_F_ADDR"}, {4, "MPOL_F_MEMS_ALLOWED"},
	}}
	mbindFlags = names{"MPOL_???", []name{
		{1, "MPOL_MF_STRICT"}, {2, "MPOL_MF_MOVE"}, {4, "MPOL_MF_MOVE_ALL"},
	}}
	movePagesFlags = names{"MPOL_???", []name{
		{2, "MPOL_MF_MOVE"}, {4, "MPOL_MF_MOVE_ALL"},
	}}
	userfaultfdFlags = names{"UFFD_???", []name{
		{1, "UFFD_USER_MODE_ONLY"}, {0x800, "O_NONBLOCK"}, {0x80000, "O_CLOEXEC"},
	}}
)
