//go:build linux && amd64

package gdbserver_test

import (
	"bufio"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// Clients are told of the same registers, in the same order, as by gdbserver: of all
// that this processor has.
func TestDescriptionLikeGdbserver(t *testing.T) {
	s := serve(t, gdbserver.Options{})
	ours := registersOf(t, s.client())

	cmd := exec.Command("gdbserver", "--once", "localhost:0", "/bin/true")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("gdbserver: %v (scripts/deps test installs it)", err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	port := ""
	for lines := bufio.NewScanner(log); port == "" && lines.Scan(); {
		port, _ = strings.CutPrefix(lines.Text(), "Listening on port ")
		if !strings.HasPrefix(lines.Text(), "Listening") {
			port = ""
		}
	}
	conn, err := net.Dial("tcp", "localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &client{Client: rsp.NewClient(conn), t: t, conn: conn}
	if _, err := c.Hello(); err != nil {
		t.Fatal(err)
	}
	if theirs := registersOf(t, c); !slices.Equal(ours, theirs) {
		t.Errorf("registers:\n%q\ngdbserver has\n%q", ours, theirs)
	}
}

// registersOf lists the registers of a target description, with their sizes.
func registersOf(t *testing.T, c *client) (list []string) {
	t.Helper()
	c.stop("?")
	xml, found := strings.CutPrefix(c.ask("qXfer:features:read:target.xml:0,20000"), "l")
	if !found {
		t.Fatal("the description is in several pieces")
	}
	for _, m := range regexp.MustCompile(`<reg name="(\w+)" bitsize="(\d+)"`).FindAllStringSubmatch(xml, -1) {
		list = append(list, m[1]+":"+m[2])
	}
	if len(list) < 50 {
		t.Fatalf("registers: %q", list)
	}
	return list
}
