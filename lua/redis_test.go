package lua_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/lua/redistest"
)

// The tests in this file run scripts here and in a redis-server, whose storage both use, and compare the replies.

// client is a connection to a redis-server.
type client struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	buf  []byte
}

func newClient(t testing.TB, s *redistest.Server, resp3 bool) *client {
	c := &client{t: t, conn: s.Dial(t)}
	c.r = bufio.NewReader(c.conn)
	if resp3 {
		c.do([]byte("HELLO"), []byte("3"))
	}
	return c
}

// do sends a command and returns the bytes of its reply.
func (c *client) do(args ...[]byte) []byte {
	c.t.Helper()
	if _, err := c.conn.Write(codec.AppendCommand(nil, args...)); err != nil {
		c.t.Fatal(err)
	}
	for {
		_, n, err := codec.ParseValue(c.buf)
		if err == nil {
			reply := bytes.Clone(c.buf[:n])
			c.buf = c.buf[n:]
			return reply
		}
		if !errors.Is(err, codec.ErrIncomplete) {
			c.t.Fatalf("%q: %v in %q", args, err, c.buf)
		}
		if _, err := c.r.Peek(1); err != nil {
			c.t.Fatalf("after %q: %v", args, err)
		}
		part, err := c.r.Peek(c.r.Buffered())
		if err != nil {
			c.t.Fatal(err)
		}
		c.buf = append(c.buf, part...)
		if _, err := c.r.Discard(len(part)); err != nil {
			c.t.Fatal(err)
		}
	}
}

// forwarder is a Caller that has the redis-server run commands.
type forwarder struct{ resp2, resp3 *client }

func (f *forwarder) Call(args [][]byte, resp3 bool) ([]byte, error) {
	c := f.resp2
	if resp3 {
		c = f.resp3
	}
	reply := c.do(args...)
	switch {
	case bytes.HasPrefix(reply, []byte("-ERR unknown command")):
		return []byte("-ERR Unknown Redis command called from script\r\n"), nil
	case bytes.HasPrefix(reply, []byte("-ERR wrong number of arguments for")):
		return []byte("-ERR Wrong number of args calling Redis command from script\r\n"), nil
	}
	return reply, nil
}

func (f *forwarder) CheckACL(args [][]byte) (allowed, known bool) {
	reply := f.resp2.do(append([][]byte{[]byte("ACL"), []byte("DRYRUN"), []byte("default")}, args...)...)
	return string(reply) == "+OK\r\n", !bytes.Contains(reply, []byte("not found"))
}

func (f *forwarder) Log(lua.Level, string) {}

// address is what tells two runs of a script apart.
var address = regexp.MustCompile(`0x[0-9a-f]+`)

// scripts reads the cases of a file: one a line, with "¶" for a line feed.
func scripts(t testing.TB, name string) (list []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if line != "" && !strings.HasPrefix(line, "//") {
			list = append(list, lines(line))
		}
	}
	return list
}

// lines puts line feeds into a case.
func lines(s string) string { return strings.ReplaceAll(s, "¶", "\n") }

// eval is the reply to EVAL here.
func eval(t testing.TB, e *lua.Engine, caller lua.Caller, script string, resp3 bool, args ...[]byte) []byte {
	t.Helper()
	out := codec.Encoder{RESP3: resp3}
	s, err := e.Compile([]byte(script))
	if err != nil {
		out.Error(err.Error())
		return out.Buf
	}
	inv := lua.Invocation{Caller: caller, Out: &out, Args: args}
	if err := e.Run(s, &inv); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return out.Buf
}

func TestScriptsLikeRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	engine := lua.New(lua.Options{Version: "7.0.15"})
	forward := &forwarder{newClient(t, server, false), newClient(t, server, true)}
	files, err := filepath.Glob("testdata/*.scripts")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, resp3 := range []bool{false, true} {
		redis := newClient(t, server, resp3)
		for _, file := range files {
			t.Run(fmt.Sprintf("%s/resp3=%v", filepath.Base(file), resp3), func(t *testing.T) {
				for _, script := range scripts(t, filepath.Base(file)) {
					redis.do([]byte("FLUSHALL"))
					want := redis.do([]byte("EVAL"), []byte(script), []byte("0"), []byte("3"), []byte("x"), []byte(""))
					redis.do([]byte("FLUSHALL"))
					got := eval(t, engine, forward, script, resp3, []byte("3"), []byte("x"), []byte(""))
					if !bytes.Equal(address.ReplaceAll(got, nil), address.ReplaceAll(want, nil)) {
						t.Errorf("%s\nredis: %.400q\nhere:  %.400q", script, want, got)
					}
				}
			})
		}
	}
}
