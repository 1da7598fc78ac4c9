package conformance

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// answers sends a command and compares its reply.
func answers(t *testing.T, c *servertest.Client, want string, args ...string) {
	t.Helper()
	if got := string(mustDo(t, c, args...)); got != want {
		t.Errorf("%.100q: %q, want %q", args, got, want)
	}
}

// migrateServer is a server with a connection to it.
type migrateServer struct {
	*servertest.Client
	host, port string
}

func connect(t *testing.T, addr string) migrateServer {
	t.Helper()
	c, err := servertest.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return migrateServer{c, host, port}
}

const okReply = "+OK\r\n"

// TestMigrateMovesEveryType sends values of every type and encoding to Redis and back.
func TestMigrateMovesEveryType(t *testing.T) {
	redis := connect(t, servertest.Redis(t).Addr)
	postkeys := connect(t, servertest.Postkeys(t, pgtest.DSN(t)).Addr)
	for _, v := range travellers {
		mustOK(t, redis.Client, "FLUSHALL")
		mustOK(t, postkeys.Client, "FLUSHALL")
		for _, args := range v.build {
			mustOK(t, postkeys.Client, args...)
		}
		want := contents(t, postkeys.Client)
		answers(t, postkeys.Client, okReply, "MIGRATE", redis.host, redis.port, "k", "0", "5000")
		answers(t, postkeys.Client, ":0\r\n", "EXISTS", "k")
		if got := contents(t, redis.Client); got != want {
			t.Errorf("%s in redis: %.300s\nhad been %.300s", v.name, got, want)
		}
		answers(t, redis.Client, okReply, "MIGRATE", postkeys.host, postkeys.port, "k", "0", "5000")
		answers(t, redis.Client, ":0\r\n", "EXISTS", "k")
		if got := contents(t, postkeys.Client); got != want {
			t.Errorf("%s back: %.300s\nhad been %.300s", v.name, got, want)
		}
	}
}

func TestMigrateOptions(t *testing.T) {
	redis := connect(t, servertest.Redis(t).Addr)
	postkeys := connect(t, servertest.Postkeys(t, pgtest.DSN(t)).Addr)
	to := func(key, db string, more ...string) []string {
		return append([]string{"MIGRATE", redis.host, redis.port, key, db, "5000"}, more...)
	}
	c := postkeys.Client
	const busy = "-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n"

	answers(t, c, "+NOKEY\r\n", to("k", "0")...)
	answers(t, c, okReply, "SET", "k", "1", "PX", "100000")
	answers(t, c, okReply, to("k", "0", "COPY")...)
	answers(t, c, "$1\r\n1\r\n", "GET", "k")
	if ttl := mustDo(t, redis.Client, "TTL", "k"); string(ttl) != ":100\r\n" && string(ttl) != ":99\r\n" {
		t.Errorf("the expiry became %s", ttl)
	}
	answers(t, c, okReply, "SET", "k", "2")
	answers(t, c, busy, to("k", "0")...)
	answers(t, c, "$1\r\n2\r\n", "GET", "k")
	answers(t, c, okReply, to("k", "0", "REPLACE")...)
	answers(t, c, "$-1\r\n", "GET", "k")
	answers(t, redis.Client, "$1\r\n2\r\n", "GET", "k")
	answers(t, redis.Client, ":-1\r\n", "TTL", "k")

	// A key that the target refuses stays, the others go.
	answers(t, c, okReply, "MSET", "a", "1", "k", "3", "b", "2")
	answers(t, c, busy, to("", "0", "KEYS", "a", "nosuch", "k", "b")...)
	answers(t, c, "*3\r\n$-1\r\n$1\r\n3\r\n$-1\r\n", "MGET", "a", "k", "b")
	answers(t, redis.Client, "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n2\r\n", "MGET", "a", "k", "b")
	answers(t, c, "+NOKEY\r\n", to("", "0", "KEYS", "a", "b")...)

	// Another database index, and one that the target does not have.
	answers(t, c, okReply, to("k", "7", "COPY")...)
	answers(t, c, "-ERR Target instance replied with error: ERR DB index is out of range\r\n", to("k", "70")...)
	answers(t, c, ":1\r\n", "EXISTS", "k")

	answers(t, redis.Client, okReply, "CONFIG", "SET", "requirepass", "secret")
	answers(t, c, "-ERR Target instance replied with error: NOAUTH Authentication required.\r\n", to("k", "8")...)
	answers(t, c, "-ERR Target instance replied with error: WRONGPASS invalid username-password pair or user is disabled.\r\n",
		to("k", "8", "AUTH", "wrong")...)
	answers(t, c, ":1\r\n", "EXISTS", "k")
	answers(t, c, okReply, to("k", "8", "COPY", "AUTH", "secret")...)
	answers(t, c, okReply, to("k", "9", "AUTH2", "default", "secret")...)
	answers(t, c, ":0\r\n", "EXISTS", "k")
}

// TestMigrateKeepsTheOrderOfReplies sends MIGRATE in the middle of a pipeline.
func TestMigrateKeepsTheOrderOfReplies(t *testing.T) {
	redis := connect(t, servertest.Redis(t).Addr)
	postkeys := connect(t, servertest.Postkeys(t, pgtest.DSN(t)).Addr)
	var pipeline []byte
	for _, args := range [][]string{
		{"SET", "k", "v"}, {"PING"}, {"MIGRATE", redis.host, redis.port, "k", "0", "5000"}, {"ECHO", "a"}, {"GET", "k"}, {"NOSUCH"},
		{"SET", "l", "w"}, {"MIGRATE", redis.host, redis.port, "l", "x", "5000"},
		{"MIGRATE", redis.host, redis.port, "l", "0", "5000"}, {"MIGRATE", redis.host, redis.port, "l", "0", "5000"}, {"EXISTS", "l"},
	} {
		pipeline = servertest.AppendCommand(pipeline, args...)
	}
	replies, err := postkeys.Exchange(pipeline, 11)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range replies {
		got = append(got, strings.TrimSpace(strings.SplitN(string(r), ",", 2)[0]))
	}
	want := "+OK|+PONG|+OK|$1\r\na|$-1|-ERR unknown command 'NOSUCH'|+OK|-ERR value is not an integer or out of range|+OK|+NOKEY|:0"
	if strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
	answers(t, redis.Client, "*2\r\n$1\r\nv\r\n$1\r\nw\r\n", "MGET", "k", "l")
}

// TestMigrateHoldsNothing changes keys while the target has them in its hands.
func TestMigrateHoldsNothing(t *testing.T) {
	server := servertest.Postkeys(t, pgtest.DSN(t))
	migrating, other := connect(t, server.Addr), connect(t, server.Addr)
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = target.Close() }()
	host, port, _ := net.SplitHostPort(target.Addr().String())

	answers(t, other.Client, okReply, "MSET", "same", "1", "gone", "1", "changed", "1")
	mustOK(t, other.Client, "HSET", "hash", "f", "v")
	if err := migrating.SendCommand("MIGRATE", host, port, "", "0", "10000", "KEYS", "same", "gone", "changed", "hash"); err != nil {
		t.Fatal(err)
	}
	conn, err := target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for restores := 0; restores < 4; {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "RESTORE") {
			restores++
		}
	}
	answers(t, other.Client, ":2\r\n", "INCR", "changed")
	answers(t, other.Client, ":1\r\n", "DEL", "gone")
	answers(t, other.Client, ":1\r\n", "HSET", "hash", "g", "w")
	if _, err := conn.Write([]byte(strings.Repeat("+OK\r\n", 5))); err != nil {
		t.Fatal(err)
	}
	reply, err := migrating.Reply()
	if err != nil || !strings.HasPrefix(string(reply), "-ERR a key was changed") {
		t.Errorf("%q, %v", reply, err)
	}
	answers(t, other.Client, "*3\r\n$-1\r\n$-1\r\n$1\r\n2\r\n", "MGET", "same", "gone", "changed")
	answers(t, other.Client, ":2\r\n", "HLEN", "hash")

	// A target that goes away, or never answers, takes nothing.
	answers(t, other.Client, okReply, "SET", "k", "v")
	if err := migrating.SendCommand("MIGRATE", host, port, "k", "0", "10000"); err != nil {
		t.Fatal(err)
	}
	second, err := target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = second.(*net.TCPConn).SetLinger(0)
	_ = second.Close()
	if reply, err = migrating.Reply(); err != nil || !strings.HasPrefix(string(reply), "-IOERR error or timeout ") {
		t.Errorf("%q, %v", reply, err)
	}
	answers(t, migrating.Client, "-IOERR error or timeout reading from target instance\r\n", "MIGRATE", host, port, "k", "0", "50")
	answers(t, other.Client, "$1\r\nv\r\n", "GET", "k")
}

// TestMigrateWithoutPostgreSQL takes PostgreSQL away after the target has been sent a key: the reply tells that it may be on both sides.
func TestMigrateWithoutPostgreSQL(t *testing.T) {
	proxy := pgtest.NewProxy(t, pgtest.DSN(t))
	c := connect(t, servertest.Postkeys(t, proxy.DSN(), "PG_STATEMENT_TIMEOUT=2s").Addr)
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = target.Close() }()
	host, port, _ := net.SplitHostPort(target.Addr().String())
	answers(t, c.Client, okReply, "SET", "k", "v")
	if err := c.SendCommand("MIGRATE", host, port, "k", "0", "10000"); err != nil {
		t.Fatal(err)
	}
	conn, err := target.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	for line := ""; !strings.HasPrefix(line, "RESTORE"); {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	proxy.Refuse()
	if _, err := conn.Write([]byte(strings.Repeat("+OK\r\n", 2))); err != nil {
		t.Fatal(err)
	}
	const want = "-ERR the target has taken the keys, but they may not have been deleted here: "
	if reply, err := c.Reply(); err != nil || !strings.HasPrefix(string(reply), want) {
		t.Errorf("%q, %v", reply, err)
	}
}
