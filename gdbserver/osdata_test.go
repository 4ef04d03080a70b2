//go:build linux && (amd64 || arm64 || ppc64le)

package gdbserver_test

import (
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/gdbserver"
	"github.com/utrace/utrace/gdbserver/rsp"
)

// osTable is a table as clients read it.
type osTable struct {
	Items []struct {
		Columns []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:",chardata"`
		} `xml:"column"`
	} `xml:"item"`
}

// table reads a table in small pieces, in between which the machine goes on.
func (c *client) table(name string) (rows []map[string]string) {
	c.t.Helper()
	var text []byte
	for x := (rsp.Transfer{Object: "osdata", Annex: name, Length: 4000}); ; x.Offset = uint64(len(text)) {
		data, last, err := rsp.ParsePiece([]byte(c.ask(string(x.AppendTo(nil)))))
		if err != nil {
			c.t.Fatal(err)
		}
		if text = append(text, data...); last {
			break
		}
	}
	var table osTable
	decoder := xml.NewDecoder(strings.NewReader(string(text)))
	if err := decoder.Decode(&table); err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	for _, item := range table.Items {
		row := map[string]string{}
		for _, column := range item.Columns {
			row[column.Name] = column.Value
		}
		rows = append(rows, row)
	}
	return rows
}

// "info os" has tables of all that the machine has, among it what this test has made.
func TestOSData(t *testing.T) {
	s := serve(t, gdbserver.Options{Multi: true})
	c := s.client()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	// shmget and shmctl, which package syscall has not got everywhere.
	call := map[string][2]uintptr{"amd64": {29, 31}, "arm64": {194, 195}, "ppc64le": {395, 396}}[runtime.GOARCH]
	const private, remove = 0, 0 // IPC_PRIVATE, IPC_RMID
	id, _, errno := syscall.Syscall(call[0], private, uintptr(os.Getpagesize()), 0o600)
	if errno != 0 {
		t.Fatal(errno)
	}
	defer syscall.Syscall(call[1], id, remove, 0)
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	pid := fmt.Sprint(os.Getpid())
	for name, want := range map[string]map[string]string{
		"":           {"Type": "sockets", "Title": "Internet-domain sockets"},
		"processes":  {"pid": pid},
		"procgroups": {"pid": pid, "pgid": fmt.Sprint(syscall.Getpgrp())},
		"threads":    {"pid": pid, "tid": pid},
		"files":      {"pid": pid, "file descriptor": fmt.Sprint(null.Fd()), "name": os.DevNull},
		"sockets":    {"local address": "127.0.0.1", "local port": port, "state": "LISTEN", "family": "INET", "protocol": "STREAM"},
		"cpus":       {},
		"shm":        {"shmid": fmt.Sprint(id), "permissions": "600", "size": fmt.Sprint(os.Getpagesize()), "last shmat() time": ""},
	} {
		found := false
		for _, row := range c.table(name) {
			fits := true
			for column, value := range want {
				fits = fits && row[column] == value
			}
			found = found || fits
		}
		if !found {
			t.Errorf("the table %q has no row with %v", name, want)
		}
	}
	for _, name := range []string{"modules", "semaphores", "msg"} {
		c.table(name) // which can have no rows
	}
	c.want("qXfer:osdata:read:nonsense:0,1000", "l")
}
