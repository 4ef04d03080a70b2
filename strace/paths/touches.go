package paths

import "github.com/utrace/utrace/syscalls"

// Kinds of arguments that lead to files.
const (
	name       = 'p' // a path
	descriptor = 'f'
	pollList   = 'P' // an array of struct pollfd; the next argument is its length
	fdSet      = 'S' // an fd_set; the first argument is its length
	setting    = 's' // the value of fsconfig, and what follows it
)

// listed says which arguments of a call lead to files, one letter for each, a
// dash for others.
var listed = map[string]string{
	"bind": "f", "close_range": "", "copy_file_range": "f-f", "dup": "f", "dup2": "ff", "dup3": "ff",
	"epoll_ctl": "f-f", "fsconfig": "---s", "fspick": "fp", "execveat": "fp", "faccessat": "fp", "faccessat2": "fp", "fanotify_mark": "f--fp",
	"fchmodat": "fp", "fchownat": "fp", "fstatat64": "fp", "futimesat": "fp", "inotify_add_watch": "fp",
	"kexec_file_load": "ff", "link": "pp", "linkat": "fpfp", "mkdirat": "fp", "mknodat": "fp", "mmap": "----f",
	"mmap2": "----f", "mount": "pp", "mount_setattr": "fp", "move_mount": "fpfp", "name_to_handle_at": "fp",
	"newfstatat": "fp", "open_tree": "fp", "openat": "fp", "openat2": "fp", "pivot_root": "pp",
	"poll": "P", "ppoll": "P", "ppoll_time64": "P", "select": "-SSS", "_newselect": "-SSS",
	"pselect6": "-SSS", "pselect6_time64": "-SSS",
	"quotactl": "-p", "readlinkat": "fp", "rename": "pp", "renameat": "fpfp", "renameat2": "fpfp",
	"sendfile": "ff", "sendfile64": "ff", "splice": "f-f", "statx": "fp", "symlink": "pp", "symlinkat": "pfp",
	"tee": "ff", "unlinkat": "fp", "utimensat": "fp", "utimensat_time64": "fp",
}

// inMemory are the calls of i386 with so many arguments in memory, at the address that is
// their only one (struct mmap_arg_struct32, struct compat_sel_arg_struct).
var inMemory = map[string]int{"mmap": 6, "select": 5}

// none are calls of the classes %file and %desc whose arguments name no file and no
// descriptor that is open already.
var none = map[string]bool{
	"bpf": true, "epoll_create": true, "epoll_create1": true, "eventfd": true, "eventfd2": true, "fanotify_init": true,
	"fsopen": true, "inotify_init": true, "inotify_init1": true, "io_uring_setup": true, "landlock_create_ruleset": true,
	"memfd_create": true, "memfd_secret": true, "mq_open": true, "perf_event_open": true, "pidfd_open": true,
	"pipe": true, "pipe2": true, "socket": true, "socketpair": true, "timerfd_create": true, "userfaultfd": true,
}

// touches gives the kinds of a call's arguments. Calls that are not listed
// follow their class: %file takes a path first, %desc and %network a descriptor.
func touches(call *syscalls.Call) string {
	kinds, ok := listed[call.Name]
	switch {
	case ok:
		return kinds
	case none[call.Name]:
		return ""
	case call.Classes.Has(syscalls.File):
		return "p"
	case call.Classes.Has(syscalls.Desc), call.Classes.Has(syscalls.Network):
		return "f"
	}
	return ""
}
