package tool

import (
	"testing"
	"time"
)

// The zone is what the environment of the called process says.
func TestZone(t *testing.T) {
	at := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		environ []string
		want    string
	}{
		{[]string{"A=b", "TZ=Asia/Kathmandu"}, "17:45"},
		{[]string{"TZ=:Asia/Kathmandu"}, "17:45"},
		{[]string{"TZ=/usr/share/zoneinfo/Asia/Kathmandu"}, "17:45"},
		{[]string{"TZ="}, "12:00"},
		{[]string{"TZ=nowhere"}, "12:00"},
		{[]string{"TZ=/no/such/file"}, "12:00"},
		{[]string{"TZ=/etc/passwd"}, "12:00"},
		{nil, at.In(zoneIn("/etc/localtime")).Format("15:04")},
	} {
		if got := at.In(zoneOf(c.environ)).Format("15:04"); got != c.want {
			t.Errorf("%q: %s, want %s", c.environ, got, c.want)
		}
	}
}
