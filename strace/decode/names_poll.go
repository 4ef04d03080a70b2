package decode

// Constants of polling and of descriptors that carry events.

var (
	pollFlags = names{"POLL???", []name{
		{1, "POLLIN"}, {2, "POLLPRI"}, {4, "POLLOUT"}, {8, "POLLERR"}, {0x10, "POLLHUP"}, {0x20, "POLLNVAL"},
		{0x40, "POLLRDNORM"}, {0x80, "POLLRDBAND"}, {0x100, "POLLWRNORM"}, {0x200, "POLLWRBAND"},
		{0x400, "POLLMSG"}, {0x1000, "POLLREMOVE"}, {0x2000, "POLLRDHUP"}, {0x8000, "POLL_BUSY_LOOP"},
	}}
	epollCmds = names{"EPOLL_CTL_???", []name{
		{1, "EPOLL_CTL_ADD"}, {2, "EPOLL_CTL_DEL"}, {3, "EPOLL_CTL_MOD"},
	}}
	epollEvents = names{"EPOLL???", []name{
		{1, "EPOLLIN"}, {2, "EPOLLPRI"}, {4, "EPOLLOUT"}, {8, "EPOLLERR"}, {0x10, "EPOLLHUP"}, {0x20, "EPOLLNVAL"},
		{0x40, "EPOLLRDNORM"}, {0x80, "EPOLLRDBAND"}, {0x100, "EPOLLWRNORM"}, {0x200, "EPOLLWRBAND"},
		{0x400, "EPOLLMSG"}, {0x2000, "EPOLLRDHUP"}, {0x10000000, "EPOLLEXCLUSIVE"},
		{0x20000000, "EPOLLWAKEUP"}, {0x40000000, "EPOLLONESHOT"}, {0x80000000, "EPOLLET"},
	}}
	epollCreateFlags = names{"EPOLL_???", []name{
		{0x80000, "EPOLL_CLOEXEC"},
	}}
	eventfdFlags = names{"EFD_???", []name{
		{1, "EFD_SEMAPHORE"}, {0x80000, "EFD_CLOEXEC"}, {0x800, "EFD_NONBLOCK"},
	}}
	signalfdFlags = names{"SFD_???", []name{
		{0x80000, "SFD_CLOEXEC"}, {0x800, "SFD_NONBLOCK"},
	}}
	timerfdFlags = names{"TFD_???", []name{
		{1, "TFD_TIMER_ABSTIME"}, {2, "TFD_TIMER_CANCEL_ON_SET"}, {0x80000, "TFD_CLOEXEC"},
		{0x800, "TFD_NONBLOCK"},
	}}
)
