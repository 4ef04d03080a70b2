package denial

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/utrace/utrace/internal/procfs"
)

// as starts a program as another user, which sleeps until the end of the test.
func as(t *testing.T, uid uint32, args ...string) int {
	t.Helper()
	if len(args) == 0 {
		args = []string{"sleep", "1000"}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return cmd.Process.Pid
}

// The kernel is asked as the client, not as root: whose thread it is decides.
func TestMay(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("takes root, to be others")
	}
	const one, two = 4000001, 4000002
	mine, other, root := as(t, one), as(t, two), child(t).Process.Pid
	client := as(t, one)
	before, err := procfs.ReadStatus(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		client, tid int
		rule        Rule
		says        string
	}{
		{"its own", client, mine, Unknown, ""},
		{"another user's", client, other, OtherUser, "4000002"},
		{"root's", client, root, OtherUser, "root"},
		{"gone", client, 1<<22 + 1, NoThread, "no such thread"},
		{"root traces anybody", root, other, Unknown, ""},
		{"a client that is gone", 1<<22 + 1, mine, Unknown, "has ended"},
	} {
		err := May(c.client, c.tid)
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Rule != c.rule || !strings.Contains(err.Error(), c.says) || !errors.Is(err, syscall.EPERM) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	after, err := procfs.ReadStatus(os.Getpid())
	if err != nil || after.UIDs != before.UIDs || after.Effective != before.Effective {
		t.Errorf("this process is not what it was: %v %x, %v", after.UIDs, after.Effective, err)
	}
}

// Who has been set-user-id is not the user's to trace, though the real id is.
func TestMayNotDumpable(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("takes root, to be others")
	}
	const user = 4000001
	// setpriv changes the ids of a process and executes nothing that can be read
	// by all: the process is dumpable again, but has another saved id.
	pid := as(t, 0, "setpriv", "--ruid", "4000001", "--clear-groups", "sleep", "1000")
	for {
		s, err := procfs.ReadStatus(pid)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name == "sleep" {
			break
		}
	}
	if err := May(as(t, user), pid); err == nil {
		t.Error("a user may trace what runs with root's effective id")
	}
}

// Under Yama an owner without privileges traces whom it is allowed to, or nobody,
// and says so.
func TestRestricted(t *testing.T) {
	for _, c := range []struct {
		scope      int
		capable    bool
		restricted bool
		says       string
	}{
		{-1, false, false, ""},
		{0, false, false, ""},
		{1, false, true, ""},
		{1, true, false, ""},
		{2, true, false, ""},
		{2, false, false, "setcap"},
		{3, true, false, "reboot"},
	} {
		restricted, err := restricted(c.scope, c.capable)
		if restricted != c.restricted || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, %v", c, restricted, err)
		}
	}
}
