package nodes

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// pair starts two nodes on a fresh database.
func pair(t *testing.T) (dsn string, nodes [2]*servertest.Server) {
	t.Helper()
	dsn = pgtest.DSN(t)
	for i := range nodes {
		nodes[i] = servertest.Postkeys(t, dsn)
	}
	return dsn, nodes
}

func dial(t *testing.T, s *servertest.Server) *servertest.Client {
	t.Helper()
	c, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// do sends a command and returns what the reply says, an error reply or a lost
// connection as an error.
func do(c *servertest.Client, args ...string) (string, error) {
	reply, err := c.Do(args...)
	if err != nil {
		return "", err
	}
	v, _, err := codec.ParseValue(reply)
	if err != nil {
		return "", err
	}
	if reply[0] == '-' {
		return "", errors.New(string(reply))
	}
	return text(&v), nil
}

// text is a reply in short: "nil" for null, elements in brackets.
func text(v *codec.Value) string {
	switch {
	case v.Null:
		return "nil"
	case v.Kind == codec.KindInt:
		return strconv.FormatInt(v.Int, 10)
	case v.Kind == codec.KindArray:
		elements := make([]string, len(v.Elems))
		for i := range v.Elems {
			elements[i] = text(&v.Elems[i])
		}
		return "[" + strings.Join(elements, " ") + "]"
	}
	return string(v.Str)
}

// must is do for what may not fail.
func must(t *testing.T, c *servertest.Client, args ...string) string {
	t.Helper()
	reply, err := do(c, args...)
	if err != nil {
		t.Fatalf("%.60q: %v", args, err)
	}
	return reply
}

// inTurn sends commands one after the other and returns the last reply, for goroutines that may not end the test.
func inTurn(c *servertest.Client, commands ...[]string) (last string, err error) {
	for _, command := range commands {
		if last, err = do(c, command...); err != nil {
			return "", fmt.Errorf("%.60q: %w", command, err)
		}
	}
	return last, nil
}

// expect sends a command and compares the reply.
func expect(t *testing.T, c *servertest.Client, want string, args ...string) {
	t.Helper()
	if got := must(t, c, args...); got != want {
		t.Errorf("%.60q = %.60q, want %.60q", args, got, want)
	}
}

// info returns a field of INFO.
func info(t *testing.T, c *servertest.Client, field string) string {
	t.Helper()
	for line := range strings.SplitSeq(must(t, c, "INFO", "everything"), "\r\n") {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return value
		}
	}
	t.Fatalf("INFO has no %s", field)
	return ""
}

// eventually waits for what happens in another process.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	pgtest.Eventually(t, what, reached)
}

// away is a pause between attempts to reach a node that was killed. Nothing tells when it is back.
func away() { <-time.After(10 * time.Millisecond) }

// name numbers keys.
func name(prefix string, n int) string { return fmt.Sprint(prefix, ":", n) }
