package workload

import (
	"crypto/sha1"
	"encoding/hex"
	"strconv"

	"github.com/mnorrsken/postkeys/bench/client"
	"github.com/mnorrsken/postkeys/pg/pgbench"
)

// Scripts of the workloads. They return little: what they cost is their commands.
const (
	scriptGetSet = `local old = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1]) return old`

	scriptFiveKeys = `
local found = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) then found = found + 1 end
  redis.call('SET', key, ARGV[1])
end
return found`
)

// programs are the workloads of transactions and scripts. A pipeline of transactions is so many whole ones.
var programs = []Workload{
	{
		Group: Programs, Name: "MULTI 10 SET", Unit: transaction(10, "SET", randomKey, "xxx"), Rows: 10,
		Reference: pgbench.WriteMany,
	},
	{
		Group: Programs, Name: "EVALSHA 1 key", Command: call(scriptGetSet, 1), Rows: 1,
		Setup: load(scriptGetSet), Latency: call(scriptGetSet, 1),
		Reference: pgbench.ModifyMany, OneByOne: pgbench.WriteOne,
	},
	{
		Group: Programs, Name: "EVALSHA 5 keys", Command: call(scriptFiveKeys, 5), Rows: 5,
		Setup: load(scriptFiveKeys), Latency: call(scriptFiveKeys, 5),
		Reference: pgbench.ModifyMany,
	},
}

// randomKey is one of the keys that all workloads on strings share.
const randomKey = "key:" + client.Placeholder

// transaction is MULTI, n times a command, and EXEC.
func transaction(n int, command ...string) [][]string {
	unit := [][]string{{"MULTI"}}
	for range n {
		unit = append(unit, command)
	}
	return append(unit, []string{"EXEC"})
}

// load makes a script known to a server.
func load(script string) [][]string { return [][]string{{"SCRIPT", "LOAD", script}} }

// call runs a script that a server knows, on so many random keys.
func call(script string, keys int) []string {
	digest := sha1.Sum([]byte(script))
	command := []string{"EVALSHA", hex.EncodeToString(digest[:]), strconv.Itoa(keys)}
	for range keys {
		command = append(command, randomKey)
	}
	return append(command, "xxx")
}
