package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/utrace/utrace/gdbserver/rsp"
)

// The program is a loop, by as many threads as it is told.
const source = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
char block[1 << 22];
static void *idle(void *arg) { pause(); return arg; }
int main(int argc, char **argv)
{
	pthread_attr_t small;
	pthread_t t;
	volatile long n = 0;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 1 << 16);
	for (int i = 0; i < 1 << 22; i++)
		block[i] = i * 7;
	for (int i = 1; argc > 1 && i < atoi(argv[1]); i++)
		pthread_create(&t, &small, idle, NULL);
	puts("ready");
	fflush(stdout);
	if (argc > 1)
		pause();
	for (;;)
		n++;
}
`

// session is a server with a client, and maybe a process to attach to.
type session struct {
	server *exec.Cmd
	target *exec.Cmd
	conn   net.Conn
	*rsp.Client
	size uint64 // of packets
}

// start starts a server with the program, or beside it if it has threads to attach
// to.
func start(server []string, program string, threads int) (s *session, err error) {
	s = &session{}
	defer func() {
		if err != nil {
			s.end()
		}
	}()
	args := append(server[1:len(server):len(server)], "--no-startup-with-shell")
	if threads == 0 {
		args = append(args, "localhost:0", program)
	} else {
		s.target = exec.Command(program, strconv.Itoa(threads))
		out, err := s.target.StdoutPipe()
		if err != nil {
			return s, err
		}
		if err := s.target.Start(); err != nil {
			return s, err
		}
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			return s, err
		}
		args = append(args, "--multi", "localhost:0")
	}
	s.server = exec.Command(server[0], args...)
	lines, err := s.server.StderrPipe()
	if err != nil {
		return s, err
	}
	if err := s.server.Start(); err != nil {
		return s, err
	}
	port, err := awaitPort(lines)
	if err != nil {
		return s, err
	}
	if s.conn, err = net.Dial("tcp", "localhost:"+port); err != nil {
		return s, err
	}
	if err := s.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return s, err
	}
	s.Client = rsp.NewClient(s.conn)
	features, err := s.Hello()
	if err != nil {
		return s, err
	}
	s.size, _ = strconv.ParseUint(features.Value("PacketSize"), 16, 32)
	if threads != 0 {
		_, err = s.Exchange([]byte("!"))
	}
	return s, err
}

// awaitPort reads what the server prints up to the port, and then goes on reading.
func awaitPort(r io.Reader) (string, error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if port, found := strings.CutPrefix(lines.Text(), "Listening on port "); found {
			go io.Copy(io.Discard, r)
			return port, nil
		}
	}
	return "", errors.New("the server does not listen")
}

// end ends everything. What was being measured has been by then.
func (s *session) end() {
	if s.Client != nil && s.target == nil {
		// The server's death alone would leave its program to run on.
		if s.Send([]byte("k")) == nil {
			_, _ = io.Copy(io.Discard, s.conn) // until the server has done so
		}
	}
	if s.conn != nil {
		s.conn.Close()
	}
	for _, cmd := range []*exec.Cmd{s.server, s.target} {
		if cmd != nil && cmd.Process != nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
}

// thread is the thread that has stopped.
func (s *session) thread() (rsp.Thread, error) {
	reply, err := s.Exchange([]byte("?"))
	if err != nil {
		return rsp.Thread{}, err
	}
	stop, err := rsp.ParseStop(reply)
	return stop.Thread, err
}

// resume resumes the thread, and waits for its stop.
func (s *session) resume(a rsp.Action) error {
	reply, err := s.Exchange(rsp.AppendResume(nil, []rsp.Action{a}, true))
	if err != nil {
		return err
	}
	stop, err := rsp.ParseStop(reply)
	if err == nil && (stop.Reason != rsp.Signalled || stop.Signal != 5) {
		err = fmt.Errorf("a step ended with %q", reply)
	}
	return err
}

// steps are single steps.
func steps(s *session) (float64, error) {
	t, err := s.thread()
	if err != nil {
		return 0, err
	}
	return during(func() error { return s.resume(rsp.Action{Kind: 's', Threads: t}) })
}

// ranges are steps while the program counter is in the instruction that it is at:
// one stop of the thread, as long as there is no loop.
func ranges(s *session) (float64, error) {
	t, err := s.thread()
	if err != nil {
		return 0, err
	}
	return during(func() error { return s.resume(rsp.Action{Kind: 'r', Start: 1, End: 2, Threads: t}) })
}

// memory reads the stack over and over, in the largest pieces that the server
// takes.
func memory(s *session) (float64, error) {
	if _, err := s.thread(); err != nil {
		return 0, err
	}
	// The program's own file is mapped there; -no-pie puts it at a fixed place.
	const block = 0x404000
	m := rsp.Memory{Letter: 'm', Addr: block + 0x1000, Length: (s.size - 8) / 2}
	packet, read := m.AppendTo(nil), 0
	rate, err := during(func() error {
		reply, err := s.Exchange(packet)
		read = len(reply) / 2
		return err
	})
	return rate * float64(read) / 1e6, err
}

// registers reads all registers.
func registers(s *session) (float64, error) {
	if _, err := s.thread(); err != nil {
		return 0, err
	}
	return during(func() error {
		_, err := s.Exchange([]byte("g"))
		return err
	})
}

// attach attaches once, and has all threads listed.
func attach(s *session) (float64, error) {
	begin := time.Now()
	packet := rsp.AppendNumber([]byte("vAttach;"), uint64(s.target.Process.Pid))
	if _, err := s.Exchange(packet); err != nil {
		return 0, err
	}
	return 1 / time.Since(begin).Seconds(), nil
}
