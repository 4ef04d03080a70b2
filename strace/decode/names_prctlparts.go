package decode

// Constants of the operations of prctl(2) and arch_prctl(2) that have parts.

var (
	pacEnabledKeys = names{"PR_PAC_???", []name{{0x1, "PR_PAC_APIAKEY"}, {0x2, "PR_PAC_APIBKEY"}, {0x4, "PR_PAC_APDAKEY"}, {0x8, "PR_PAC_APDBKEY"}}}
	sveFlags       = names{"PR_SVE_???", []name{{0x40000, "PR_SVE_SET_VL_ONEXEC"}, {0x20000, "PR_SVE_VL_INHERIT"}}}
	smeFlags       = names{"PR_SME_???", []name{{0x40000, "PR_SME_SET_VL_ONEXEC"}, {0x20000, "PR_SME_VL_INHERIT"}}}
	setVMAOps      = names{"PR_SET_VMA_???", []name{{0, "PR_SET_VMA_ANON_NAME"}}}
	tagChecks      = names{"PR_MTE_???", []name{{0, "PR_MTE_TCF_NONE"}, {0x2, "PR_MTE_TCF_SYNC"}, {0x4, "PR_MTE_TCF_ASYNC"}, {0x6, "PR_MTE_TCF_MASK"}}}
	xfeatureMasks  = names{"XFEATURE_MASK_???", []name{
		{0x3, "XFEATURE_MASK_FPSSE"}, {0x1, "XFEATURE_MASK_FP"}, {0x2, "XFEATURE_MASK_SSE"},
		{0x4, "XFEATURE_MASK_YMM"}, {0x8, "XFEATURE_MASK_BNDREGS"}, {0x10, "XFEATURE_MASK_BNDCSR"},
		{0xe0, "XFEATURE_MASK_AVX512"}, {0x20, "XFEATURE_MASK_OPMASK"}, {0x40, "XFEATURE_MASK_ZMM_Hi256"},
		{0x80, "XFEATURE_MASK_Hi16_ZMM"}, {0x100, "XFEATURE_MASK_PT"}, {0x200, "XFEATURE_MASK_PKRU"},
		{0x400, "XFEATURE_MASK_PASID"}, {0x8000, "XFEATURE_MASK_LBR"}, {0x60000, "XFEATURE_MASK_XTILE"},
		{0x20000, "XFEATURE_MASK_XTILE_CFG"}, {0x40000, "XFEATURE_MASK_XTILE_DATA"},
	}}
)
