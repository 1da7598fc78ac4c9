package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestTrace(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	commands := []string{"SET k v", "GET k", "DEL k", "CONFIG GET port", "INCR", "CLIENT REPLY SKIP", "SET muted v", "GET none", "NOSUCH x", "MGET a b"}
	all := []string{
		`<- ["SET", "k", "v"]`, `-> +OK`, `<- ["GET", "k"]`, `-> "v"`, `<- ["DEL", "k"]`, `-> :1`, `<- ["CONFIG", "GET", "port"]`, `-> *2`,
		`<- ["INCR"]`, `-> -ERR wrong number of arguments for 'incr' command`, `<- ["CLIENT", "REPLY", "SKIP"]`, `-> (none)`,
		`<- ["SET", "muted", "v"]`, `-> (none)`, `<- ["GET", "none"]`, `-> (null)`, `<- ["NOSUCH", "***"]`, `-> -ERR unknown command`,
		`<- ["MGET", "a", "b"]`, `-> *2`, `<- ["SET", "bin", <binary:3>]`, `-> +OK`,
	}
	most := append(append([]string{}, all[4:10]...), all[16:18]...)
	admin := append(append([]string{}, all[6:10]...), all[16:18]...)
	for level, want := range map[string][]string{"0": nil, "1": admin, "2": most, "3": all} {
		s := servertest.Postkeys(t, dsn, "TRACE="+level)
		c := dial(t, s)
		// One pipeline: replies have to find their commands again.
		var pipeline []byte
		for _, command := range commands {
			pipeline = servertest.AppendCommand(pipeline, strings.Fields(command)...)
		}
		pipeline = servertest.AppendCommand(pipeline, "SET", "bin", "a\x00b")
		if _, err := c.Exchange(pipeline, len(commands)-1); err != nil {
			t.Fatal(err)
		}
		// The log comes through a pipe and may be late.
		eventually(t, func() error {
			var got []string
			for line := range strings.Lines(s.Logs()) {
				if traced, ok := strings.CutPrefix(strings.TrimSpace(line), "[TRACE] "+c.LocalAddr()+" "); ok {
					got = append(got, traced)
				}
			}
			if !slices.Equal(got, want) {
				return fmt.Errorf("TRACE=%s shows\n%s\nwant\n%s", level, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			return nil
		})
	}
}
