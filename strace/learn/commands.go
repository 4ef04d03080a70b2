package learn

// command is an argument that says what another one points to.
type command struct {
	arg    int
	values []uint64
}

func upTo(n uint64) (list []uint64) {
	for v := range n {
		list = append(list, v)
	}
	return list
}

// commands are the calls whose arguments depend on a command with values that
// are not among the small ones.
var commands = map[string]command{
	"arch_prctl":  {0, []uint64{0x1003, 0x1004, 0x1021, 0x1022}},
	"bpf":         {0, upTo(40)},
	"fcntl":       {1, append(upTo(40), 1024, 1025, 1026, 1029, 1030, 1033, 1034, 1035, 1036, 1037, 1038, 1039, 1040)},
	"fcntl64":     {1, append(upTo(40), 1024, 1025, 1026, 1029, 1030, 1033, 1034, 1035, 1036, 1037, 1038, 1039, 1040)},
	"fsconfig":    {1, upTo(9)},
	"futex":       {1, append(upTo(14), 128, 129, 131, 132, 134, 137, 138, 139, 140, 393, 395, 396)},
	"getsockopt":  {2, upTo(80)},
	"ioctl":       {1, []uint64{0x5401, 0x5402, 0x5403, 0x5404, 0x5405, 0x540f, 0x5410, 0x5413, 0x5414, 0x541b, 0x5421, 0x5422, 0x5451, 0x5480, 0x80045430, 0x80045431, 0x8912, 0x8913, 0x8915, 0x8927, 0x1260, 0x80081272}},
	"ipc":         {0, upTo(26)},
	"keyctl":      {0, upTo(33)},
	"kcmp":        {2, upTo(9)},
	"msgctl":      {1, upTo(16)},
	"prctl":       {0, append(upTo(80), 0x59616d61)},
	"ptrace":      {0, append(upTo(26), 0x4200, 0x4201, 0x4202, 0x4203, 0x4204, 0x4205, 0x4206, 0x4207, 0x4208, 0x4209, 0x420a, 0x420b, 0x420c, 0x420d, 0x420e, 0x420f)},
	"quotactl":    {0, []uint64{0x80000700, 0x80000800, 0x80000400, 0x80000500, 0x80000200}},
	"quotactl_fd": {1, []uint64{0x80000700, 0x80000800, 0x80000400, 0x80000500, 0x80000200}},
	"semctl":      {2, upTo(21)},
	"setsockopt":  {2, upTo(80)},
	"shmctl":      {1, upTo(16)},
	"socketcall":  {0, upTo(21)},
}
