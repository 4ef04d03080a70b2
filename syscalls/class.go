package syscalls

// A Class is a set of the groups of calls that strace's users know as
// %file, %network and so on, and of two facts about a call's return.
type Class uint32

// The classes. Their names in -e trace=%NAME are given by [ClassByName].
const (
	File       Class = 1 << iota // takes a file name
	Process                      // life cycle of processes
	Network                      // sockets
	Desc                         // takes or returns a file descriptor
	Memory                       // memory mappings
	Ipc                          // System V IPC
	Signal                       // signals
	Creds                        // user and group ids, capabilities
	Clock                        // reads or sets system clocks
	Stat                         // stat and its variants
	Lstat                        // lstat and its variants
	Fstat                        // fstat, fstatat, statx
	StatLike                     // the three above: %%stat
	Statfs                       // statfs and its variants
	Fstatfs                      // fstatfs and its variants
	StatfsLike                   // the two above and ustat: %%statfs
	Pure                         // no arguments and no failure

	NeverFails // a result in the range of error numbers is not an error
	NoReturn   // does not come back to the next instruction: exit, sigreturn
)

var classNames = map[string]Class{
	"%file": File, "%process": Process, "%network": Network, "%net": Network,
	"%desc": Desc, "%memory": Memory, "%ipc": Ipc, "%signal": Signal,
	"%creds": Creds, "%clock": Clock, "%stat": Stat, "%lstat": Lstat,
	"%fstat": Fstat, "%%stat": StatLike, "%statfs": Statfs,
	"%fstatfs": Fstatfs, "%%statfs": StatfsLike, "%pure": Pure,

	// Accepted without the percent sign since before there was one.
	"file": File, "process": Process, "network": Network, "net": Network,
	"desc": Desc, "memory": Memory, "ipc": Ipc, "signal": Signal,
}

// ClassByName returns the class that strace calls name: "%file", "%%stat", and
// the spellings without percent sign that it still accepts ("file").
func ClassByName(name string) (Class, bool) {
	c, ok := classNames[name]
	return c, ok
}

// Has reports whether c and of have a class in common.
func (c Class) Has(of Class) bool { return c&of != 0 }
