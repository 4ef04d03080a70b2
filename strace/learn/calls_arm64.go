package learn

import _ "embed"

//go:embed calls_arm64.txt
var table []byte
