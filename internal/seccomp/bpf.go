package seccomp

import "golang.org/x/sys/unix"

// Offsets in struct seccomp_data.
const (
	offsetNumber = 0
	offsetArch   = 4
)

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func ret(answer uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: answer}
}

// jump compares the loaded word with k and skips yes or no instructions.
func jump(test uint16, k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | test | unix.BPF_K, K: k, Jt: yes, Jf: no}
}

// skip goes any distance, where a conditional jump reaches 255 instructions.
func skip(n int) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JA, K: uint32(n)}
}

// search is the code that finds the loaded number's span, by halves.
func search(spans []span) []unix.SockFilter {
	if len(spans) == 1 {
		return []unix.SockFilter{ret(spans[0].answer)}
	}
	if len(spans) == 3 && spans[0].answer == spans[2].answer && spans[2].first == spans[1].first+1 {
		// One number that differs from all around it, the common case.
		return []unix.SockFilter{
			jump(unix.BPF_JEQ, spans[1].first, 0, 1),
			ret(spans[1].answer),
			ret(spans[0].answer),
		}
	}
	// An odd number of spans on each side ends in the case above more often.
	middle := len(spans) / 2
	if middle%2 == 0 && middle+1 < len(spans) {
		middle++
	}
	low, high := search(spans[:middle]), search(spans[middle:])
	pivot := spans[middle].first
	var code []unix.SockFilter
	if len(low) <= 255 {
		code = append(code, jump(unix.BPF_JGE, pivot, uint8(len(low)), 0))
	} else {
		code = append(code, jump(unix.BPF_JGE, pivot, 0, 1), skip(len(low)))
	}
	return append(append(code, low...), high...)
}
