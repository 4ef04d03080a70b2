package decode_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace/strace/decode"
	"github.com/utrace/utrace/syscalls"
)

// command is a call of which one argument says what the others are.
type command struct {
	call   string
	arg    int
	values []uint64
}

func upTo(n uint64) (list []uint64) {
	for v := range n {
		list = append(list, v)
	}
	return list
}

// TestLikeStraceCommands makes every request of ioctl and every command of bpf,
// keyctl and their like, with random memory, and compares the text with strace's.
func TestLikeStraceCommands(t *testing.T) {
	requests := decode.Requests()
	slices.Sort(requests)
	quota := []uint64{0x580100, 0x580200, 0x580301, 0x580402, 0x580500, 0x580600, 0x580700, 0x580800, 0x580900}
	for cmd := range uint64(10) {
		quota = append(quota, (0x800000|cmd)<<8)
	}
	abi := syscalls.X86_64
	r := rand.New(rand.NewPCG(5, 5))
	var cases []testCase
	for _, c := range []command{
		{"ioctl", 1, requests}, {"bpf", 0, upTo(33)}, {"keyctl", 0, upTo(34)}, {"quotactl", 0, quota},
		{"io_uring_register", 1, upTo(24)},
	} {
		call, ok := abi.ByName(c.call)
		if !ok {
			t.Fatal(c.call)
		}
		for _, v := range c.values {
			for range 2 {
				one := randomCase(r, uint64(call.Number))
				one.args[c.arg] = v
				cases = append(cases, one)
			}
		}
	}
	var narrow []testCase
	for _, request := range requests {
		one := randomCase(r, 54) // ioctl
		one.args[1] = request
		narrow = append(narrow, one)
	}
	victims := map[string]string{"amd64": buildVictim(t, "amd64"), "386": buildVictim(t, "386")}
	for name, style := range map[string]struct {
		flags []string
		opts  decode.Options
	}{
		"plain":   {nil, decode.Options{}},
		"in full": {[]string{"-v", "-X", "verbose"}, decode.Options{Full: syscalls.All(), Xlat: decode.XlatVerbose}},
	} {
		t.Run(name, func(t *testing.T) {
			for machine, cases := range map[string][]testCase{"amd64": cases, "386": narrow} {
				want, got := compare(t, victims[machine], style.flags, style.opts, cases)
				for i := range cases {
					if want[i] != got[i] && !excused(want[i]) {
						t.Errorf("%s\n strace %s\n ours   %s", machine, want[i], got[i])
					}
				}
			}
		})
	}
}

// excused are requests whose text differs on purpose: strace does not name those of
// 32-bit programs in 64-bit ones and the other way round, appends something to the error
// of one, and has addresses for video buffers with times of 32 bits.
func excused(strace string) bool {
	return strings.Contains(strace, "_IOC(") || strings.Contains(strace, "NS_GET_NSTYPE") || strings.Contains(strace, "BUF_TIME32")
}
