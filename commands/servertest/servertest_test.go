package servertest

import (
	"bytes"
	"strings"
	"testing"
)

func TestRedisAnswersAndSurvivesKill(t *testing.T) {
	t.Parallel()
	s := Redis(t)
	c, err := s.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if reply, err := c.Do("SET", "k", "a\r\n\x00b"); err != nil || string(reply) != "+OK\r\n" {
		t.Fatalf("SET: %q, %v", reply, err)
	}
	if reply, err := c.Do("GET", "k"); err != nil || string(reply) != "$5\r\na\r\n\x00b\r\n" {
		t.Fatalf("GET: %q, %v", reply, err)
	}
	addr, pid := s.Addr, s.PID()
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do("PING"); err == nil {
		t.Fatal("a killed server still answers")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if s.Addr != addr || s.PID() == pid || s.PID() == 0 {
		t.Fatalf("restarted on %s as %d, was on %s as %d", s.Addr, s.PID(), addr, pid)
	}
	if !strings.Contains(s.Logs(), "Ready to accept connections") {
		t.Fatalf("log not captured: %q", s.Logs())
	}
}

func TestExchangeLargerThanSocketBuffers(t *testing.T) {
	t.Parallel()
	c, err := Redis(t).Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	value := strings.Repeat("v", 1<<20)
	var pipeline []byte
	for range 32 {
		pipeline = AppendCommand(pipeline, "ECHO", value)
	}
	replies, err := c.Exchange(pipeline, 32)
	if err != nil {
		t.Fatal(err)
	}
	for i, reply := range replies {
		if len(reply) != 1<<20+12 || !bytes.HasSuffix(reply, []byte("v\r\n")) {
			t.Fatalf("reply %d has %d bytes", i, len(reply))
		}
	}
}

func TestReadClosedReturnsTheLastWords(t *testing.T) {
	t.Parallel()
	c, err := Redis(t).Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Send([]byte("*1\r\n$-7\r\n")); err != nil {
		t.Fatal(err)
	}
	rest, err := c.ReadClosed()
	if err != nil || string(rest) != "-ERR Protocol error: invalid bulk length\r\n" {
		t.Fatalf("%q, %v", rest, err)
	}
}

func TestWaitReadyReportsADeadProcess(t *testing.T) {
	t.Parallel()
	_, err := StartRedis(t.TempDir(), "--no-such-option", "1")
	if err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Fatalf("got %v", err)
	}
}

func TestLogBufferKeepsTheEnd(t *testing.T) {
	t.Parallel()
	var l logBuffer
	for range 3 {
		if _, err := l.Write(bytes.Repeat([]byte("a"), maxLogBytes/2)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Write([]byte("end")); err != nil {
		t.Fatal(err)
	}
	if got := l.String(); len(got) != maxLogBytes || !strings.HasSuffix(got, "aaend") {
		t.Fatalf("%d bytes kept", len(got))
	}
}

func TestLogBufferRemembersARace(t *testing.T) {
	t.Parallel()
	var l logBuffer
	for _, piece := range []string{"WARNING: DATA", "WARNING: DATA R", "ACE\n"} {
		if l.sawRace() {
			t.Fatalf("a race before %q", piece)
		}
		if _, err := l.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Write(make([]byte, maxLogBytes)); err != nil {
		t.Fatal(err)
	}
	if !l.sawRace() {
		t.Fatal("the race is forgotten")
	}
}
