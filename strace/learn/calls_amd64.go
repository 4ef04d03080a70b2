package learn

import _ "embed"

//go:embed calls_amd64.txt
var table []byte
