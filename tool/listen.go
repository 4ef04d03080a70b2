package tool

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/utrace/utrace/api"
)

// listenAt makes a socket that is listened to here, until shut, and accepted from by
// the owner. So it has the network, the working directory and the umask of this process.
func (h *Hands) listenAt(network, address string) (any, *os.File, error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, nil, err
	}
	shared, ok := l.(interface{ File() (*os.File, error) })
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("listen on %s: %w", network, syscall.EPROTONOSUPPORT), l.Close())
	}
	file, err := shared.File()
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last++
	h.listeners[h.last] = l
	return api.Child{Child: h.last}, file, nil
}

// shut ends the listening, and removes a socket's file.
func (h *Hands) shut(number int) error {
	h.mu.Lock()
	l := h.listeners[number]
	delete(h.listeners, number)
	h.mu.Unlock()
	if l == nil {
		return fmt.Errorf("listener %d: %w", number, syscall.EBADF)
	}
	return l.Close()
}

// Listen implements System.
func (r *Remote) Listen(network, address string) (net.Listener, error) {
	var child api.Child
	file, err := r.askFile(api.DoListen, api.Address{Network: network, Address: address}, address, &child)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	l, err := net.FileListener(file)
	if err != nil {
		return nil, errors.Join(err, r.ask(context.Background(), api.DoShut, child, nil))
	}
	return &remoteListener{l, r, child}, nil
}

// remoteListener accepts from a socket of the client's.
type remoteListener struct {
	net.Listener
	remote *Remote
	child  api.Child
}

// Close ends the listening, also by the client.
func (l *remoteListener) Close() error {
	if err := l.Listener.Close(); err != nil {
		return err // somebody has called it before
	}
	return l.remote.ask(context.Background(), api.DoShut, l.child, nil)
}
