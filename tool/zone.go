package tool

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Zone is the time zone of the called process, which need not be this one's: what TZ
// says in its environment, else the machine's (tzset(3)).
func (e *Env) Zone() *time.Location {
	if !e.Shared() {
		return time.Local
	}
	environ, err := e.Environ()
	if err != nil {
		return time.Local // it has gone
	}
	return zoneOf(environ)
}

// zoneOf is the zone that an environment asks for, with the rules that package time
// has for the own one: a name that is not known is UTC.
func zoneOf(environ []string) *time.Location {
	name, set := "", false
	for _, variable := range environ {
		if value, ok := strings.CutPrefix(variable, "TZ="); ok {
			name, set = strings.TrimPrefix(value, ":"), true
		}
	}
	switch {
	case !set:
		return zoneIn("/etc/localtime")
	case filepath.IsAbs(name):
		return zoneIn(name)
	}
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

// zoneIn is the zone in a file of tzfile(5).
func zoneIn(file string) *time.Location {
	data, err := os.ReadFile(file)
	if err != nil {
		return time.UTC
	}
	zone, err := time.LoadLocationFromTZData(file, data)
	if err != nil {
		return time.UTC
	}
	return zone
}
