package settings

import (
	"errors"
	"fmt"
	"strings"
)

// Assignment is one name with the value it is to get.
type Assignment struct{ Name, Value string }

// ShownValue returns the value as a log may show it: stars for a password.
func (a Assignment) ShownValue() string {
	if p := Lookup(a.Name); p != nil && p.Sensitive && a.Value != "" {
		return "***"
	}
	return a.Value
}

// String returns name=value as a log may show it.
func (a Assignment) String() string { return a.Name + "=" + a.ShownValue() }

// Error is the refusal of CONFIG SET with the exact text of Redis, code included.
type Error struct{ Reply string }

func (e *Error) Error() string { return e.Reply }

func refuse(name string, reason error) *Error {
	return &Error{fmt.Sprintf("ERR CONFIG SET failed (possibly related to argument '%s') - %s", name, reason)}
}

// ErrRewrite is the answer to CONFIG REWRITE: parameters come from the environment, there is no file.
var ErrRewrite = &Error{"ERR The server is running without a config file"}

// Init gives parameters their values at start. Mutability does not matter and hooks do not run. It assigns all that
// are right and returns one error, which names the parameter, for each that is wrong.
func (s *Store) Init(assignments ...Assignment) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.Values().clone()
	var errs []error
	for _, a := range assignments {
		p := Lookup(a.Name)
		if p == nil {
			errs = append(errs, fmt.Errorf("%s: no such parameter", a.Name))
			continue
		}
		if err := next.assign(p, a.Value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", a.Name, err))
		}
	}
	next.derive()
	s.current.Store(next)
	return errs
}

// Set does CONFIG SET: all assignments take effect together or none does. local tells whether the client is on this
// machine, for parameters protected by enable-protected-configs. The error is an *Error.
//
//  1. Every name is looked up; the first that is unknown or may not be set decides the answer.
//  2. The values are parsed in order into a copy of the current ones.
//  3. The hooks of what changed run with the copy. If one refuses, those that ran before it run again with the old values.
//  4. The copy becomes current.
func (s *Store) Set(assignments []Assignment, local bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.Values()
	if err := checkNames(assignments, old, local); err != nil {
		return err
	}
	next := old.clone()
	for _, a := range assignments {
		e := lookup(a.Name)
		if err := next.assign(e.param, a.Value); err != nil {
			return refuse(e.name, err)
		}
	}
	for _, a := range assignments {
		e := lookup(a.Name)
		if e.param.Reason != "" && changed(e.param, old, next) {
			return refuse(e.name, errors.New(e.param.Reason))
		}
	}
	next.derive()
	if err := s.runHooks(old, next); err != nil {
		return err
	}
	s.current.Store(next)
	return nil
}

// checkNames finds the first assignment that may not be made at all.
func checkNames(assignments []Assignment, v *Values, local bool) error {
	seen := make(map[string]bool, len(assignments))
	for _, a := range assignments {
		e := lookup(a.Name)
		if e.param == nil {
			return &Error{"ERR Unknown option or number of arguments for CONFIG SET - '" + a.Name + "'"}
		}
		var reason string
		switch {
		case e.param.Mutability == Immutable:
			reason = "can't set immutable config"
		case e.param.Mutability == Protected && !Allowed(v.Text(EnableProtectedConfigs), local):
			reason = "can't set protected config"
		case seen[e.name]:
			reason = "duplicate parameter"
		}
		if reason != "" {
			return refuse(a.Name, errors.New(reason))
		}
		seen[e.name] = true
	}
	return nil
}

// Allowed reports whether a client may do what enable-protected-configs, enable-debug-command or enable-module-command
// guards, given the value of that parameter and whether the client is on this machine.
func Allowed(value string, local bool) bool {
	return value == "yes" || value == "local" && local
}

func changed(p *Param, old, next *Values) bool {
	return old.nums[p.index] != next.nums[p.index] || old.texts[p.index] != next.texts[p.index]
}

// runHooks offers next to the hooks of the parameters that differ. MUST be called with mu held.
func (s *Store) runHooks(old, next *Values) error {
	for i, h := range s.hooks {
		if !changed(h.param, old, next) {
			continue
		}
		err := h.run(next)
		if err == nil {
			continue
		}
		for _, done := range s.hooks[:i] {
			if changed(done.param, old, next) {
				// The old values were accepted before; there is nobody to tell if they are not now.
				_ = done.run(old)
			}
		}
		return refuse(h.param.Name, err)
	}
	return nil
}

// Reset brings every parameter that CONFIG SET may change back to its default. The error is that of a hook.
func (s *Store) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, next := s.Values(), defaults()
	for i := range table {
		if p := &table[i]; p.Mutability != Mutable || p.Reason != "" {
			next.nums[i], next.texts[i] = old.nums[i], old.texts[i]
		}
	}
	next.derive()
	if err := s.runHooks(old, next); err != nil {
		return err
	}
	s.current.Store(next)
	return nil
}

// Get does CONFIG GET for each pattern in turn. A pattern without a wildcard is looked up by name and comes back as it
// was written; others are compared with all names that are not hidden by match, which must ignore case. A name comes
// once, where it first matched.
func (s *Store) Get(patterns []string, match func(pattern, name string) bool) []Assignment {
	v := s.Values()
	var found []Assignment
	seen := make(map[string]bool)
	add := func(shown string, e entry) {
		if !seen[e.name] {
			seen[e.name] = true
			found = append(found, Assignment{shown, v.format(e.param)})
		}
	}
	for _, pattern := range patterns {
		if !strings.ContainsAny(pattern, "[*?") {
			if e := lookup(pattern); e.param != nil {
				add(pattern, e)
			}
			continue
		}
		for _, e := range names {
			if !e.param.Hidden && match(pattern, e.name) {
				add(e.name, e)
			}
		}
	}
	return found
}
