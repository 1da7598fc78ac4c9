package commands

import (
	"slices"
	"strings"
	"sync"

	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/pg"
)

// functionSet is all libraries of one epoch, compiled. It is never changed.
type functionSet struct {
	epoch     int64
	libraries []*lua.Library      // by name
	functions map[string]function // by name in lower case
}

// function returns what FCALL finds under a name, in any case.
func (s *functionSet) function(name string) (f function, ok bool) {
	f, ok = s.functions[strings.ToLower(name)]
	return f, ok
}

// function is where a function is to be found.
type function struct {
	library *lua.Library
	name    string // as registered
	flags   lua.Flags
}

// functionCache holds the latest set that the node has seen. Its methods are
// safe from any goroutine.
type functionCache struct {
	mu  sync.Mutex
	set *functionSet
}

func (f *functionCache) get() *functionSet {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set
}

// figures returns the number of functions and libraries that the node knows.
func (f *functionCache) figures() (functions, libraries int) {
	if set := f.get(); set != nil {
		functions, libraries = len(set.functions), len(set.libraries)
	}
	return functions, libraries
}

// put replaces the set by a later one.
func (f *functionCache) put(set *functionSet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set == nil || set.epoch > f.set.epoch {
		f.set = set
	}
}

// library returns the library of a name, nil if there is none.
func (s *functionSet) library(name string) *lua.Library {
	i, found := slices.BinarySearchFunc(s.libraries, name, func(l *lua.Library, name string) int { return strings.Compare(l.Name(), name) })
	if !found {
		return nil
	}
	return s.libraries[i]
}

// with returns a set of these libraries and further ones, which replace those of
// their names. It returns an error reply if two have functions of one name.
func (s *functionSet) with(more []*lua.Library) (set *functionSet, fail string) {
	set = &functionSet{epoch: s.epoch, functions: make(map[string]function)}
	for _, l := range s.libraries {
		if !slices.ContainsFunc(more, func(m *lua.Library) bool { return m.Name() == l.Name() }) {
			set.libraries = append(set.libraries, l)
		}
	}
	set.libraries = append(set.libraries, more...)
	for _, l := range set.libraries {
		for _, f := range l.Functions() {
			if _, taken := set.function(f.Name); taken {
				return nil, "ERR Function " + f.Name + " already exists"
			}
			set.functions[strings.ToLower(f.Name)] = function{l, f.Name, f.Flags}
		}
	}
	slices.SortFunc(set.libraries, func(a, b *lua.Library) int { return strings.Compare(a.Name(), b.Name()) })
	return set, ""
}

// without returns a set of the libraries but one, and of no functions yet.
func (s *functionSet) without(name string) *functionSet {
	return &functionSet{libraries: slices.DeleteFunc(slices.Clone(s.libraries), func(l *lua.Library) bool { return l.Name() == name })}
}

// functions returns the libraries as the unit of work sees them: those that the
// node remembers, if their epoch is the one that was loaded with the keys.
func (c *Call) functions() (*functionSet, error) {
	epochs, err := c.tx.ScriptEpochs()
	if err != nil {
		return nil, err
	}
	cache := &c.server().functions
	known := cache.get()
	if known != nil && known.epoch == epochs.Functions && !c.tx.OwnEpochs() {
		return known, nil
	}
	sources, err := c.tx.Libraries()
	if err != nil {
		return nil, err
	}
	set, fail := c.compileLibraries(known, sources)
	if fail != "" {
		return nil, lua.ReplyError(fail)
	}
	set.epoch = epochs.Functions
	if !c.tx.OwnEpochs() {
		cache.put(set)
	}
	return set, nil
}

// compileLibraries makes a set of sources that are known to be right. What has
// not changed is taken over.
func (c *Call) compileLibraries(known *functionSet, sources []pg.LibrarySource) (*functionSet, string) {
	list := make([]*lua.Library, 0, len(sources))
	for _, source := range sources {
		if known != nil {
			if l := known.library(source.Name); l != nil && string(l.Code()) == string(source.Code) {
				list = append(list, l)
				continue
			}
		}
		l, fail := c.loadLibrary(source.Code, lua.LoadOptions{})
		if fail != "" {
			return nil, fail
		}
		list = append(list, l)
	}
	return new(functionSet).with(list)
}

// loadLibrary compiles a library. It returns the error reply, or "".
func (c *Call) loadLibrary(code []byte, o lua.LoadOptions) (*lua.Library, string) {
	o.Log = c.server().logScript
	l, err := c.server().lua.LoadLibrary(code, o)
	if err != nil {
		return nil, err.Error()
	}
	return l, ""
}
