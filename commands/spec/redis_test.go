package spec_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mnorrsken/postkeys/codec"
)

// redisServer is the running redis-server that the tests of this package compare with.
var redisServer struct {
	socket string
	// is70 tells that the server lacks what version 7.2 changed; see versions_test.go.
	is70 bool
}

func TestMain(m *testing.M) {
	stop, err := startRedis()
	if err != nil {
		fmt.Fprintln(os.Stderr, "redis-server, which these tests compare with, does not run:", err)
		os.Exit(1)
	}
	code := m.Run()
	stop()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// startRedis starts the redis-server of the path, or the one that REDIS_SERVER names, on a unix socket.
func startRedis() (stop func(), err error) {
	program := os.Getenv("REDIS_SERVER")
	if program == "" {
		program = "redis-server"
	}
	dir, err := os.MkdirTemp("", "spec")
	if err != nil {
		return nil, err
	}
	redisServer.socket = filepath.Join(dir, "redis.sock")
	cmd := exec.Command(program, "--port", "0", "--unixsocket", redisServer.socket, "--save", "", "--dir", dir)
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	// A server that says nothing for so long is ended, and with it the loop below.
	deadline := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer deadline.Stop()
	var log strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		line := lines.Text()
		fmt.Fprintln(&log, line)
		if _, version, found := strings.Cut(line, "Redis version="); found {
			redisServer.is70 = strings.HasPrefix(version, "7.0.")
			if !redisServer.is70 && !strings.HasPrefix(version, "7.2.") {
				stop()
				return nil, fmt.Errorf("version 7.0 or 7.2 is needed, this is %s", version)
			}
		}
		if strings.Contains(strings.ToLower(line), "ready to accept connections") {
			return stop, nil
		}
	}
	stop()
	return nil, errors.New(log.String())
}

// peer is a connection to redis-server.
type peer struct {
	t    *testing.T
	conn net.Conn
}

// dial connects with RESP2 or RESP3.
func dial(t *testing.T, resp3 bool) *peer {
	t.Helper()
	conn, err := net.Dial("unix", redisServer.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	p := &peer{t: t, conn: conn}
	if resp3 {
		p.do("HELLO", "3")
	}
	return p
}

// do sends one command and returns its reply, raw and parsed.
func (p *peer) do(args ...string) (raw []byte, v codec.Value) {
	p.t.Helper()
	if _, err := p.conn.Write(codec.AppendCommand(nil, byteArgs(args)...)); err != nil {
		p.t.Fatal(err)
	}
	for {
		v, n, err := codec.ParseValue(raw)
		if err == nil {
			if n != len(raw) {
				p.t.Fatalf("%q: more than one reply: %q", args, raw)
			}
			return raw, v
		}
		if !errors.Is(err, codec.ErrIncomplete) {
			p.t.Fatalf("%q: %v in %q", args, err, raw)
		}
		chunk := make([]byte, 64*1024)
		n, err = p.conn.Read(chunk)
		if err != nil {
			p.t.Fatal(err)
		}
		raw = append(raw, chunk[:n]...)
	}
}

// reply runs one of our reply functions and returns what it wrote, raw and parsed.
func reply(t *testing.T, resp3 bool, write func(*codec.Encoder)) (raw []byte, v codec.Value) {
	t.Helper()
	e := &codec.Encoder{RESP3: resp3}
	write(e)
	v, n, err := codec.ParseValue(e.Buf)
	if err != nil || n != len(e.Buf) {
		t.Fatalf("not one whole reply: %v, %d of %d bytes", err, n, len(e.Buf))
	}
	return e.Buf, v
}

func byteArgs(args []string) [][]byte {
	out := make([][]byte, len(args))
	for i, a := range args {
		out[i] = []byte(a)
	}
	return out
}

// bothProtocols runs a test in RESP2 and in RESP3.
func bothProtocols(t *testing.T, test func(t *testing.T, resp3 bool)) {
	for _, resp3 := range []bool{false, true} {
		t.Run(map[bool]string{false: "RESP2", true: "RESP3"}[resp3], func(t *testing.T) { test(t, resp3) })
	}
}
