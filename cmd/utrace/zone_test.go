package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// strace in the owner shows times of day and dates where the command was called, whose
// time zone is not the owner's.
func TestSharedZone(t *testing.T) {
	cmd := command(t, "strace", "--mode=stop", "-t", "-e", "trace=utimensat", "-o", "/dev/stdout", "touch", "-d", "@86400", t.TempDir())
	cmd.Env = append(cmd.Env, "TZ=Asia/Kathmandu")
	zone, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().In(zone).Format(time.TimeOnly)
	out, err := cmd.Output()
	after := time.Now().In(zone).Format(time.TimeOnly)
	if err != nil {
		t.Fatal(err)
	}
	at := regexp.MustCompile(`\d\d:\d\d:\d\d`).FindString(string(out))
	if at == "" || before <= after && (at < before || at > after) {
		t.Errorf("between %s and %s:\n%s", before, after, out)
	}
	if date := "1970-01-02T05:30:00+0530"; !strings.Contains(string(out), date) {
		t.Errorf("no date %s:\n%s", date, out)
	}
}
