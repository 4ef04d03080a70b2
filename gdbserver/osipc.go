package gdbserver

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// The tables of System V's communication (sysvipc(7)): the kernel has them in
// /proc/sysvipc, with the names of the columns in the first line.

func osMemory(t *osTable) {
	sysvipc("shm", func(x ipc) {
		t.row("key", x["key"], "shmid", x["shmid"], "permissions", x["perms"], "size", x["size"],
			"creator command", x.command("cpid"), "last op. command", x.command("lpid"), "num attached", x["nattch"],
			"user", t.user(x["uid"]), "group", t.group(x["gid"]), "creator user", t.user(x["cuid"]), "creator group", t.group(x["cgid"]),
			"last shmat() time", x.time("atime"), "last shmdt() time", x.time("dtime"), "last shmctl() time", x.time("ctime"))
	})
}

func osSemaphores(t *osTable) {
	sysvipc("sem", func(x ipc) {
		t.row("key", x["key"], "semid", x["semid"], "permissions", x["perms"], "num semaphores", x["nsems"],
			"user", t.user(x["uid"]), "group", t.group(x["gid"]), "creator user", t.user(x["cuid"]), "creator group", t.group(x["cgid"]),
			"last semop() time", x.time("otime"), "last semctl() time", x.time("ctime"))
	})
}

func osQueues(t *osTable) {
	sysvipc("msg", func(x ipc) {
		t.row("key", x["key"], "msqid", x["msqid"], "permissions", x["perms"], "num used bytes", x["cbytes"], "num messages", x["qnum"],
			"last msgsnd() command", x.command("lspid"), "last msgrcv() command", x.command("lrpid"),
			"user", t.user(x["uid"]), "group", t.group(x["gid"]), "creator user", t.user(x["cuid"]), "creator group", t.group(x["cgid"]),
			"last msgsnd() time", x.time("stime"), "last msgrcv() time", x.time("rtime"), "last msgctl() time", x.time("ctime"))
	})
}

// ipc is a line of such a table, by the names of the columns.
type ipc map[string]string

// sysvipc calls row for each line of a table. A kernel without has none.
func sysvipc(table string, row func(ipc)) {
	text, err := os.ReadFile("/proc/sysvipc/" + table)
	if err != nil {
		return
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if names == nil {
			names = fields
			continue
		}
		x := ipc{}
		for i, field := range fields[:min(len(fields), len(names))] {
			x[names[i]] = field
		}
		row(x)
	}
}

// command is the name of a process; of one that has ended, its number.
func (x ipc) command(column string) string {
	if pid, err := strconv.Atoi(x[column]); err == nil && pid != 0 {
		if name := commOf(pid); name != "" {
			return name
		}
	}
	return x[column]
}

// time is a time, or nothing for what has not happened.
func (x ipc) time(column string) string {
	seconds, err := strconv.ParseInt(x[column], 10, 64)
	if err != nil || seconds == 0 {
		return ""
	}
	return time.Unix(seconds, 0).Format(time.ANSIC)
}
