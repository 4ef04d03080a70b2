//go:build !amd64 && !arm64 && !ppc64le

package bpf

// object is empty: there are no programs for this architecture.
var object []byte
