package conformance

import (
	"crypto/sha1" //nolint:gosec // SHA1 is how Redis names scripts
	"encoding/hex"
	"strconv"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// scriptLoop is the body of a script that sends the commands in ARGV, each behind the number of its words, and returns their
// replies. One way goes on behind an error, the other one ends with it.
func scriptLoop(args, call string) string {
	return "local replies, at = {}, 1\n" +
		"while at <= #" + args + " do\n" +
		"  local words = {}\n" +
		"  for i = 1, tonumber(" + args + "[at]) do words[i] = " + args + "[at + i] end\n" +
		"  replies[#replies + 1] = redis." + call + "(unpack(words))\n" +
		"  at = at + #words + 1\n" +
		"end\n" +
		"return replies\n"
}

// The scripts of random sequences, and the library with the same as functions.
var (
	goesOn       = scriptLoop("ARGV", "pcall")
	endsEarly    = scriptLoop("ARGV", "call")
	flagged      = "#!lua\n" + goesOn
	loopLibrary  = "#!lua name=sequences\nredis.register_function('goes_on', function(KEYS, ARGV)\n" + goesOn + "end)\nredis.register_function('ends_early', function(KEYS, ARGV)\n" + endsEarly + "end)\n"
	loopPrograms = [][]string{
		{"EVAL", goesOn}, {"EVAL", endsEarly}, {"EVAL", flagged}, {"EVALSHA", digest(goesOn)}, {"EVALSHA", digest(endsEarly)}, {"EVAL_RO", goesOn},
		{"FCALL", "goes_on"}, {"FCALL", "ends_early"},
	}
)

func digest(script string) string {
	sum := sha1.Sum([]byte(script)) //nolint:gosec // SHA1 is how Redis names scripts
	return hex.EncodeToString(sum[:])
}

// loadPrograms gives a server the scripts and functions of random sequences.
func loadPrograms(c *servertest.Client) error {
	for _, script := range []string{goesOn, endsEarly} {
		if err := expect(c, "$40\r\n", "SCRIPT", "LOAD", script); err != nil {
			return err
		}
	}
	return expect(c, "$9\r\n", "FUNCTION", "LOAD", "REPLACE", loopLibrary)
}

// script makes a script or function of random commands. Which keys it is given has nothing to do with those that it uses.
func (g *Generator) script() Command {
	c := plain(loopPrograms[g.IntN(len(loopPrograms))]...)
	keys := g.someKeys(3)[g.IntN(2):]
	c.Args = append(append(c.Args, strconv.Itoa(len(keys))), keys...)
	c.Match = Matcher{kind: "each"}
	for range 1 + g.IntN(4) {
		sub := g.command()
		c.Args = append(append(c.Args, strconv.Itoa(len(sub.Args))), sub.Args...)
		c.Match.each = append(c.Match.each, sub.Match)
	}
	return c
}
