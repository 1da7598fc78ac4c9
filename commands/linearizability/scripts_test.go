package linearizability

import (
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// Commands are sent through scripts now and then, to the keys that plain ones use too: one, or several as with MULTI.
const (
	oneCommand = `return redis.pcall(unpack(ARGV))`
	// commandsInOrder has the number of words in front of each command.
	commandsInOrder = `local replies, at = {}, 1
while at <= #ARGV do
  local words = {}
  for i = 1, tonumber(ARGV[at]) do words[i] = ARGV[at + i] end
  replies[#replies + 1] = redis.pcall(unpack(words))
  at = at + #words + 1
end
return replies`
)

// loadScripts makes the scripts known, for all nodes of a database.
func loadScripts(addr string) error {
	c, err := servertest.Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, script := range []string{oneCommand, commandsInOrder} {
		if _, err := c.Do("SCRIPT", "LOAD", script); err != nil {
			return err
		}
	}
	return nil
}

// throughScript is how a command is sent through a script. Its keys are declared: others are locked one after the other when they are
// used, and no test of this workload expects deadlocks (the bank has scripts like that).
func (c *client) throughScript(cmd command) []string {
	script, queue := oneCommand, [][]string{cmd.args}
	if cmd.queue != nil {
		script, queue = commandsInOrder, cmd.queue
	}
	var keys, args []string
	for _, words := range queue {
		if cmd.queue != nil {
			args = append(args, strconv.Itoa(len(words)))
		}
		args = append(args, words...)
		for _, word := range words {
			if strings.HasPrefix(word, cmd.group) {
				keys = append(keys, word)
			}
		}
	}
	return append(append([]string{"EVALSHA", digest(script), strconv.Itoa(len(keys))}, keys...), args...)
}

// throughLua is a reply as it comes back through a script, which knows one kind of nothing.
func throughLua(reply string) string { return strings.ReplaceAll(reply, replyNilArray, replyNil) }
