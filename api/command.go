package api

import "encoding/json"

// The methods and notifications of commands, such as "utrace strace", that run
// in the owner on behalf of their client. Beside each stand its parameters and
// its result.
const (
	MethodRun    = "command.run"    // Run, three descriptors: Running
	MethodTell   = "command.tell"   // Told, maybe a descriptor: none
	MethodSignal = "command.signal" // Signal: none

	NotifyAsk   = "command.ask" // Ask
	NotifyEnded = "command.end" // Ended
)

// Run runs a command of the utrace program in the owner. The descriptors are its
// standard input, output and error. Only the owner's own user may do that.
//
// What the command needs beside tracing and printing, the client is asked for:
// see Ask. With the connection the command ends.
type Run struct {
	Name string   `json:"name"` // what it was called as
	Args []string `json:"args"`
	// Ignored are the signals that the client ignores.
	Ignored []int `json:"ignored,omitempty"`
}

// Running is the number of a command.
type Running struct {
	Command int `json:"command"`
}

// Signal tells a command of a signal that its client has got.
type Signal struct {
	Command int `json:"command"`
	Signal  int `json:"signal"`
}

// Ended says how a command has ended, as of wait(2).
type Ended struct {
	Command int `json:"command"`
	Status  int `json:"status"`
}

// Ask asks the client for something; many may be asked at a time. It answers
// with MethodTell.
type Ask struct {
	Command int    `json:"command"`
	Ask     uint64 `json:"ask"`
	// Do is what to do; its parameters and result stand beside the constants.
	Do     string          `json:"do"`
	Params json.RawMessage `json:"params,omitempty"`
}

// What can be asked for.
const (
	DoEnviron = "environ" // none: []string
	DoGetwd   = "getwd"   // none: File
	DoLook    = "look"    // File: File
	DoOpen    = "open"    // File: none, and the descriptor
	DoRename  = "rename"  // File: none
	DoRemove  = "remove"  // File: none
	DoRun     = "run"     // Shell: none
	DoPipe    = "pipe"    // Shell: Child, and the descriptor to write to
	DoPiped   = "piped"   // Child: none, when it has ended
	DoStart   = "start"   // Launch, maybe descriptors: Child, which is held before its exec
	DoRelease = "release" // Child: none, when it has exec'd
	DoAbandon = "abandon" // Child: none
	DoKill    = "kill"    // Child: none
	DoWait    = "wait"    // Child: Child
	DoSignals = "signals" // Signals: none
	DoListen  = "listen"  // Address: Child, and the descriptor to accept from
	DoShut    = "shut"    // Child: none; the address is free
)

// File is a file's name and what open(2) wants to know.
type File struct {
	Name string `json:"name"`
	To   string `json:"to,omitempty"` // rename
	Flag int    `json:"flag,omitempty"`
	Perm uint32 `json:"perm,omitempty"`
}

// Shell is a command of the shell.
type Shell struct {
	Command string   `json:"command"`
	Environ []string `json:"environ,omitempty"`
}

// Address is where to listen.
type Address struct {
	Network string `json:"network"` // as of package net
	Address string `json:"address"`
}

// Launch describes a program to be started. What is left out is the client's. The
// descriptors that come with it become the program's, from 0 on.
type Launch struct {
	Path    string   `json:"path"`
	Args    []string `json:"args"`
	Environ []string `json:"environ"` // null: the client's
	Dir     string   `json:"dir,omitempty"`
	SetPgid bool     `json:"setpgid,omitempty"`
	// Foreground is for a client with a terminal.
	Foreground bool `json:"foreground,omitempty"`
	// NoRandomize has its memory always laid out alike.
	NoRandomize bool  `json:"norandomize,omitempty"`
	User        *User `json:"user,omitempty"`
	// Filter is a seccomp filter: instructions of four numbers.
	Filter [][4]uint32 `json:"filter,omitempty"`
}

// User is an identity for a program.
type User struct {
	UID    uint32   `json:"uid"`
	GID    uint32   `json:"gid"`
	Groups []uint32 `json:"groups,omitempty"`
}

// Child is a child of the client.
type Child struct {
	Child  int `json:"child,omitempty"` // the client numbers them
	PID    int `json:"pid,omitempty"`
	Signal int `json:"signal,omitempty"` // kill
	Status int `json:"status,omitempty"` // wait: as of wait(2)
}

// Signals are those that the client shall pass on, and those to ignore.
type Signals struct {
	Catch  []int `json:"catch,omitempty"`
	Ignore []int `json:"ignore,omitempty"`
}

// Told is the client's answer.
type Told struct {
	Command int             `json:"command"`
	Ask     uint64          `json:"ask"`
	Result  json.RawMessage `json:"result,omitempty"`
	Failure *Failure        `json:"failure,omitempty"`
}

// Failure is an error of the client's.
type Failure struct {
	Text  string `json:"text"`
	Errno int    `json:"errno,omitempty"`
	// Step and Path say where the start of a program, or what was done to a
	// file, has failed. Unknown: the host Path is not known.
	Start   bool   `json:"start,omitempty"`
	Unknown bool   `json:"unknown,omitempty"`
	Step    string `json:"step,omitempty"`
	Path    string `json:"path,omitempty"`
}
