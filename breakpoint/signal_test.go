//go:build linux && (amd64 || 386)

package breakpoint_test

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/utrace/utrace"
	"github.com/utrace/utrace/breakpoint"
	"github.com/utrace/utrace/internal/testprogram"
)

// circle goes round and round one instruction, or two, for ever, until SIGUSR1 ends it.
const circle = `
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

extern const char one[], two[];
__asm__(".text\none: jmp one\ntwo: nop\njmp two\n");

static void handler(int signal) { _exit(0); }

int main(int argc, char **argv)
{
	signal(SIGUSR1, handler);
	printf("%lx %lx\n", (long)one, (long)two);
	fflush(stdout);
	if (getchar() == '1')
		((void (*)(void))one)();
	((void (*)(void))two)();
}
`

// A program that does little but come to a breakpoint gets its signals all the same,
// also those that come while it is at the breakpoint.
func TestSignalAtTightLoop(t *testing.T) {
	forBits(t, func(t *testing.T, bits int) {
		file := testprogram.Build(t, "c", circle, fmt.Sprintf("-m%d", bits))
		for i, name := range []string{"one", "two"} {
			t.Run(name, func(t *testing.T) {
				p := launched(t, file)
				m, err := breakpoint.Open(t.Context(), p.core, p.PID(), utrace.Process)
				if err != nil {
					t.Fatal(err)
				}
				hits := 0
				if _, err = m.Set(t.Context(), breakpoint.Spec{
					Addr: []uint64{p.a, p.b}[i],
					Condition: func(*utrace.Report, *breakpoint.Breakpoint) bool {
						if hits++; hits == 3 {
							if err := syscall.Kill(p.PID(), syscall.SIGUSR1); err != nil {
								t.Error(err)
							}
						}
						return false
					},
				}); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintln(p.in, i+1)
				p.ended(t)
			})
		}
	})
}
