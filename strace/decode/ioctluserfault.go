package decode

// Requests to descriptors of userfaultfd(2) (ioctl_userfaultfd(2)): what is asked, and in the
// same braces the answer.

var userfaultRequests = map[string]ioctlArg{
	"UFFDIO_API": asked(layout{x64("api"), {"features", func(d *Decoder, f *fields) {
		d.c.saved[1] = f.u64()
		d.flags(d.c.saved[1], &userfaultFeatures)
	}}}, layout{
		pad(8),
		{"", func(d *Decoder, f *fields) {
			if v := f.u64(); v != d.c.saved[1] {
				d.s(" => features=")
				d.flags(v, &userfaultFeatures)
			}
		}},
		flag64("ioctls", &userfaultOperations)}),
	"UFFDIO_REGISTER": asked(layout{userfaultRange, flag64("mode", &userfaultRegisterModes)},
		layout{pad(24), flag64("ioctls", &userfaultRangeOperations)}),
	"UFFDIO_COPY": asked(layout{x64("dst"), x64("src"), x64("len"), flag64("mode", &userfaultCopyModes)},
		layout{pad(32), x64("copy")}),
	"UFFDIO_ZEROPAGE":   asked(layout{userfaultRange, flag64("mode", &userfaultZeroModes)}, layout{pad(24), x64("zeropage")}),
	"UFFDIO_WAKE":       ioctlIn(structAt(16, layout{x64("start"), x64("len")})),
	"UFFDIO_UNREGISTER": ioctlIn(structAt(16, layout{x64("start"), x64("len")})),
}

var (
	userfaultRange = group("range", x64("start"), x64("len"))
	// What can be done with the descriptor, and with a range that was registered.
	userfaultOperations      = names{"_UFFDIO_???", shifted(&userfaultOps).list}
	userfaultRangeOperations = names{"UFFDIO_???", shifted(&userfaultRangeOps).list}
)
