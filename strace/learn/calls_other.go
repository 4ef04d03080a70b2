//go:build !amd64 && !arm64 && !ppc64le

package learn

// table is empty: there are no programs for this architecture.
var table []byte
