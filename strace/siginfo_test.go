package strace

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/utrace/utrace/strace/decode"
)

// pattern is a siginfo_t whose words tell where they are.
func pattern(sig, code int32, zeroed bool) []byte {
	info := make([]byte, SiginfoSize)
	word := func(i int, v int32) { binary.NativeEndian.PutUint32(info[4*i:], uint32(v)) }
	for i := 3; i < 12 && !zeroed; i++ {
		if i < 7 {
			word(i, int32(0x100+i))
		} else {
			word(i, int32(0x40+i))
		}
	}
	word(0, sig)
	word(2, code)
	return info
}

func TestSiginfo(t *testing.T) {
	file, err := os.Open("testdata/siginfo.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cases := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		var sig, code int32
		var zeroed int
		if _, err := fmt.Sscan(lines.Text(), &sig, &code, &zeroed); err != nil {
			t.Fatal(err)
		}
		want := strings.SplitN(lines.Text(), " ", 4)[3]
		if got := string(decode.New(decode.Options{}).Siginfo(nil, kernelInfo(0), pattern(sig, code, zeroed == 1))); got != want {
			t.Errorf("signal %d, code %d:\n got %s\nwant %s", sig, code, got, want)
		}
		cases++
	}
	if cases < 100 {
		t.Errorf("only %d cases", cases)
	}
}

func TestSiginfoOfSeccomp(t *testing.T) {
	info := pattern(31, 1, true)
	binary.NativeEndian.PutUint32(info[24:], 39)
	binary.NativeEndian.PutUint32(info[28:], 0xc000003e)
	want := "{si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=NULL, si_syscall=__NR_getpid, si_arch=AUDIT_ARCH_X86_64}"
	if got := string(decode.New(decode.Options{}).Siginfo(nil, kernelInfo(0), info)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Whatever the bytes are, they are printed.
func FuzzSiginfo(f *testing.F) {
	f.Add(pattern(11, 3, false))
	f.Fuzz(func(t *testing.T, b []byte) {
		info := make([]byte, SiginfoSize)
		copy(info, b)
		if s := string(decode.New(decode.Options{}).Siginfo(nil, kernelInfo(0), info)); !strings.HasPrefix(s, "{si_signo=") || !strings.HasSuffix(s, "}") {
			t.Error(s)
		}
	})
}
