package decode

// Requests returns the numbers of ioctl whose arguments are decoded.
func Requests() []uint64 {
	var list []uint64
	for number := range namedRequests() {
		list = append(list, number)
	}
	for number := range ioctlArgs {
		list = append(list, number)
	}
	return list
}
