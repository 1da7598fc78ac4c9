package commands

import (
	"errors"
	"time"

	"github.com/mnorrsken/postkeys/commands/glob"
	"github.com/mnorrsken/postkeys/commands/rdb"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/pg"
)

var functionManageBindings = []binding{
	{name: "function|load", claim: claimFunctionLoad, run: functionLoad, slow: true},
	{name: "function|delete", claim: (*Call).writesWithoutKeys, run: functionDelete, slow: true},
	{name: "function|flush", claim: claimFunctionFlush, run: functionFlush, slow: true},
	{name: "function|restore", claim: claimFunctionRestore, run: functionRestore, slow: true},
	{name: "function|dump", run: functionDump},
	{name: "function|list", claim: checkFunctionList, run: functionList},
	{name: "function|stats", run: functionStats},
	{name: "function|kill", local: func(c *Call) { c.kill(true) }},
	{name: "function|help", local: func(c *Call) { c.help("FUNCTION", functionHelpLines) }},
}

// parseFunctionLoad splits the arguments. It returns the error reply, or "".
func parseFunctionLoad(c *Call) (code []byte, replace bool, fail string) {
	last := len(c.args) - 1
	for _, arg := range c.args[2:last] {
		if !isWord(arg, "replace") {
			return nil, false, "ERR Unknown option given: " + cText(arg)
		}
		replace = true
	}
	return c.args[last], replace, ""
}

func claimFunctionLoad(c *Call) {
	if _, _, fail := parseFunctionLoad(c); fail != "" {
		c.fail(fail)
		return
	}
	c.writesWithoutKeys()
}

func functionLoad(c *Call) error {
	code, replace, _ := parseFunctionLoad(c)
	name, err := lua.LibraryName(code)
	if err != nil {
		c.fail(err.Error())
		return nil
	}
	set, err := c.holdFunctions()
	if set == nil || err != nil {
		return err
	}
	if set.library(name) != nil && !replace {
		c.fail("ERR Library '" + name + "' already exists")
		return nil
	}
	l, fail := c.loadLibrary(append([]byte(nil), code...), lua.LoadOptions{Timeout: lua.DefaultLoadTimeout})
	if fail != "" {
		c.fail(fail)
		return nil
	}
	changed, fail := set.with([]*lua.Library{l})
	if fail != "" {
		c.fail(fail)
		return nil
	}
	c.out.BulkString(l.Name())
	return c.changeFunctions(changed, false, nil, []pg.LibrarySource{{Name: l.Name(), Code: l.Code()}})
}

// changeFunctions writes a change of the libraries, which MUST be held, and has
// the node remember what they are from the commit on.
func (c *Call) changeFunctions(changed *functionSet, all bool, drop []string, put []pg.LibrarySource) error {
	if err := c.tx.ChangeLibraries(all, drop, put); err != nil {
		return err
	}
	epochs, err := c.tx.ScriptEpochs()
	if err != nil {
		return err
	}
	changed.epoch = epochs.Functions
	c.afterCommit(func(c *Call) { c.server().functions.put(changed) })
	return nil
}

// holdFunctions returns the libraries, which nobody else changes before the
// commit. It answers and returns nil if they cannot be read.
func (c *Call) holdFunctions() (*functionSet, error) {
	if err := c.tx.HoldLibraries(); err != nil {
		return nil, err
	}
	return c.readFunctions()
}

// readFunctions returns the libraries. It answers and returns nil if they cannot
// be read.
func (c *Call) readFunctions() (*functionSet, error) {
	set, err := c.functions()
	if fail := lua.ReplyError(""); errors.As(err, &fail) {
		c.fail(fail.Error())
		return nil, nil
	}
	return set, err
}

func functionDelete(c *Call) error {
	set, err := c.holdFunctions()
	if set == nil || err != nil {
		return err
	}
	name := string(c.args[2])
	if set.library(name) == nil {
		c.fail("ERR Library not found")
		return nil
	}
	changed, _ := set.without(name).with(nil)
	c.out.OK()
	return c.changeFunctions(changed, false, []string{name}, nil)
}

// wrongSubcommandUse is the error of a subcommand that counts its arguments
// itself.
func (c *Call) wrongSubcommandUse() string {
	return "ERR unknown subcommand or wrong number of arguments for '" + cText(c.args[1]) + "'. Try FUNCTION HELP."
}

func claimFunctionFlush(c *Call) {
	switch {
	case len(c.args) > 3:
		c.fail(c.wrongSubcommandUse())
		return
	case len(c.args) == 3 && !isWord(c.args[2], "sync") && !isWord(c.args[2], "async"):
		c.fail("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
		return
	}
	c.writesWithoutKeys()
}

func functionFlush(c *Call) error {
	if err := c.tx.HoldLibraries(); err != nil {
		return err
	}
	changed, _ := new(functionSet).with(nil)
	c.out.OK()
	return c.changeFunctions(changed, true, nil, nil)
}

func functionDump(c *Call) error {
	set, err := c.readFunctions()
	if set == nil || err != nil {
		return err
	}
	sources := make([][]byte, len(set.libraries))
	for i, l := range set.libraries {
		sources[i] = l.Code()
	}
	c.out.Bulk(rdb.EncodeFunctions(nil, sources, rdb.Options{Compress: c.server().settings.Bool(settings.RDBCompression)}))
	return nil
}

// Policies of FUNCTION RESTORE.
const (
	restoreAppend = iota
	restoreReplace
	restoreFlush
)

func parseFunctionRestore(c *Call) (policy int, fail string) {
	switch {
	case len(c.args) > 4:
		return 0, c.wrongSubcommandUse()
	case len(c.args) == 3, isWord(c.args[3], "append"):
		return restoreAppend, ""
	case isWord(c.args[3], "replace"):
		return restoreReplace, ""
	case isWord(c.args[3], "flush"):
		return restoreFlush, ""
	}
	return 0, "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."
}

func claimFunctionRestore(c *Call) {
	if _, fail := parseFunctionRestore(c); fail != "" {
		c.fail(fail)
		return
	}
	c.writesWithoutKeys()
}

func functionRestore(c *Call) error {
	policy, _ := parseFunctionRestore(c)
	restored, fail := c.decodeLibraries(c.args[2])
	if fail != "" {
		c.fail(fail)
		return nil
	}
	set, err := c.holdFunctions()
	if set == nil || err != nil {
		return err
	}
	if policy == restoreFlush {
		set = new(functionSet)
	}
	sources := make([]pg.LibrarySource, len(restored.libraries))
	for i, l := range restored.libraries {
		if policy == restoreAppend && set.library(l.Name()) != nil {
			c.fail("ERR Library " + l.Name() + " already exists")
			return nil
		}
		sources[i] = pg.LibrarySource{Name: l.Name(), Code: l.Code()}
	}
	changed, fail := set.with(restored.libraries)
	if fail != "" {
		c.fail(fail)
		return nil
	}
	c.out.OK()
	return c.changeFunctions(changed, policy == restoreFlush, nil, sources)
}

// decodeLibraries compiles the libraries of a payload. It returns the error
// reply, or "".
func (c *Call) decodeLibraries(payload []byte) (*functionSet, string) {
	sources, err := rdb.DecodeFunctions(payload, rdb.DefaultMaxBytes)
	switch {
	case errors.Is(err, rdb.ErrFooter):
		return nil, "ERR DUMP payload version or checksum are wrong"
	case err != nil:
		return nil, "ERR " + err.Error()
	}
	set := new(functionSet)
	for _, source := range sources {
		l, fail := c.loadLibrary(append([]byte(nil), source...), lua.LoadOptions{})
		if fail != "" {
			return nil, fail
		}
		if set.library(l.Name()) != nil {
			return nil, "ERR Library '" + l.Name() + "' already exists"
		}
		if set, fail = set.with([]*lua.Library{l}); fail != "" {
			return nil, fail
		}
	}
	return set, ""
}

// parseFunctionList reads the options. A nil pattern asks for all.
func parseFunctionList(c *Call) (pattern []byte, withCode bool, fail string) {
	for i := 2; i < len(c.args); i++ {
		switch arg := c.args[i]; {
		case !withCode && isWord(arg, "withcode"):
			withCode = true
		case pattern == nil && isWord(arg, "libraryname"):
			if i++; i == len(c.args) {
				return nil, false, "ERR library name argument was not given"
			}
			pattern = c.args[i]
		default:
			return nil, false, "ERR Unknown argument " + cText(arg)
		}
	}
	return pattern, withCode, ""
}

func checkFunctionList(c *Call) {
	if _, _, fail := parseFunctionList(c); fail != "" {
		c.fail(fail)
	}
}

func functionList(c *Call) error {
	pattern, withCode, _ := parseFunctionList(c)
	set, err := c.readFunctions()
	if set == nil || err != nil {
		return err
	}
	var list []*lua.Library
	for _, l := range set.libraries {
		if pattern == nil || glob.Match(pattern, []byte(l.Name()), true) {
			list = append(list, l)
		}
	}
	c.out.Array(len(list))
	for _, l := range list {
		c.describeLibrary(l, withCode)
	}
	return nil
}

func (c *Call) describeLibrary(l *lua.Library, withCode bool) {
	entries := 3
	if withCode {
		entries++
	}
	c.out.Map(entries)
	c.out.BulkString("library_name")
	c.out.BulkString(l.Name())
	c.out.BulkString("engine")
	c.out.BulkString(l.Engine())
	c.out.BulkString("functions")
	c.out.Array(len(l.Functions()))
	for _, f := range l.Functions() {
		c.out.Map(3)
		c.out.BulkString("name")
		c.out.BulkString(f.Name)
		c.out.BulkString("description")
		if f.HasDesc {
			c.out.BulkString(f.Description)
		} else {
			c.out.Null()
		}
		c.out.BulkString("flags")
		names := f.Flags.Names()
		c.out.Set(len(names))
		for _, name := range names {
			c.out.Simple(name)
		}
	}
	if withCode {
		c.out.BulkString("library_code")
		c.out.Bulk(l.Code())
	}
}

// functionStats tells of the script or function of this node that runs longest.
func functionStats(c *Call) error {
	set, err := c.readFunctions()
	if set == nil || err != nil {
		return err
	}
	c.out.Map(2)
	c.out.BulkString("running_script")
	if r, ok := c.server().scriptWatch.longest(); ok {
		c.out.Map(3)
		c.out.BulkString("name")
		c.out.BulkString(r.name)
		c.out.BulkString("command")
		c.out.Array(len(r.command))
		for _, arg := range r.command {
			c.out.BulkString(arg)
		}
		c.out.BulkString("duration_ms")
		c.out.Int(time.Since(r.started).Milliseconds())
	} else {
		c.out.Null()
	}
	c.out.BulkString("engines")
	c.out.Map(1)
	c.out.BulkString("LUA")
	c.out.Map(2)
	c.out.BulkString("libraries_count")
	c.out.Int(int64(len(set.libraries)))
	c.out.BulkString("functions_count")
	c.out.Int(int64(len(set.functions)))
	return nil
}

var functionHelpLines = []string{
	"DELETE <library-name>",
	"    Remove a library.",
	"DUMP",
	"    Show all libraries in a form that FUNCTION RESTORE takes.",
	"FLUSH [ASYNC|SYNC]",
	"    Remove all libraries. Both modes are the same here.",
	"KILL",
	"    End the functions of this node that run for long and have not written.",
	"LIST [LIBRARYNAME <pattern>] [WITHCODE]",
	"    Describe the libraries and their functions, with their sources if wanted.",
	"LOAD [REPLACE] <function-code>",
	"    Add a library, or put it in the place of the one with its name.",
	"RESTORE <serialized-value> [FLUSH|APPEND|REPLACE]",
	"    Add libraries from FUNCTION DUMP: in place of all (FLUSH), only new ones (APPEND, the default), or",
	"    in place of those with their names (REPLACE).",
	"STATS",
	"    Tell what runs, and how many libraries and functions there are.",
}
