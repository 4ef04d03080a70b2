package bpf

import (
	"github.com/utrace/utrace/tracehook"
)

// Probe reports whether threads can be observed here and now, by trying. A nil
// error says that they can; another one says what is missing, and is
// tracehook.ErrNotPermitted or tracehook.ErrNotSupported.
func Probe() error {
	o, err := new(Monitor).NewObserver(nobody{})
	if err != nil {
		return err
	}
	return o.Close()
}

type nobody struct{}

func (nobody) Handle(*tracehook.Event) {}
