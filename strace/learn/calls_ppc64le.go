package learn

import _ "embed"

//go:embed calls_ppc64le.txt
var table []byte
