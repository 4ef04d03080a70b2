package strace

import "github.com/utrace/utrace/internal/procfs"

// describePID appends what a process or thread calls itself, as -Y prints it.
func describePID(buf []byte, _ int, id int32) []byte {
	stat, err := procfs.ReadStat(int(id))
	if err != nil {
		return buf
	}
	return append(append(append(buf, '<'), stat.Name...), '>')
}
