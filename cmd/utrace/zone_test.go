package main

import (
	"regexp"
	"testing"
	"time"
)

// strace -t in the owner shows the time of day where the command was called, whose
// time zone is not the owner's.
func TestSharedZone(t *testing.T) {
	cmd := command(t, "strace", "--mode=stop", "-t", "-e", "trace=getppid", "-o", "/dev/stdout", "sh", "-c", "exit 0")
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
}
