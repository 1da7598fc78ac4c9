package client

import (
	"context"
	"errors"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	tpl := NewTemplate(100, 1, "MSET", "key:"+Placeholder, "x", "key:"+Placeholder, "y")
	form := regexp.MustCompile(`^\*5\r\n\$4\r\nMSET\r\n\$16\r\nkey:0{10}\d\d\r\n\$1\r\nx\r\n\$16\r\nkey:0{10}\d\d\r\n\$1\r\ny\r\n$`)
	seen := make(map[string]bool)
	for range 50 {
		next := string(tpl.Next())
		if !form.MatchString(next) {
			t.Fatalf("%q", next)
		}
		seen[next] = true
	}
	if len(seen) < 45 {
		t.Errorf("only %d different commands of 50", len(seen))
	}
	again := NewTemplate(100, 1, "MSET", "key:"+Placeholder, "x", "key:"+Placeholder, "y")
	if !seen[string(again.Next())] {
		t.Error("the same seed gave another command")
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	if got := Key("counter:"+Placeholder, 99999); got != "counter:000000099999" {
		t.Error(got)
	}
	if got := Key("counter", 5); got != "counter" {
		t.Error(got)
	}
}

// serve answers one connection with the given bytes, in pieces of the given size, and reads all that is sent.
func serve(t *testing.T, reply string, piece int) *Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		for rest := reply; rest != ""; rest = rest[min(piece, len(rest)):] {
			if _, err := c.Write([]byte(rest[:min(piece, len(rest))])); err != nil {
				return
			}
		}
		_, _ = c.Read(make([]byte, 1<<16))
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := Dial(ctx, l.Addr().String(), "127.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestRepliesInPieces(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("v", 3*readBytes)
	c := serve(t, "+OK\r\n$-1\r\n$49152\r\n"+big+"\r\n:7\r\n", 777)
	if err := c.Pipeline([]byte("any"), 2); err != nil {
		t.Fatal(err)
	}
	v, err := c.ReadReply()
	if err != nil || string(v.Str) != big {
		t.Fatalf("%d bytes, %v", len(v.Str), err)
	}
	if v, err = c.ReadReply(); err != nil || v.Int != 7 {
		t.Errorf("%+v, %v", v, err)
	}
	c.Release()
	if _, err := c.ReadReply(); err == nil {
		t.Error("a reply after the last one")
	}
}

func TestErrorInArray(t *testing.T) {
	t.Parallel()
	c := serve(t, "*2\r\n+OK\r\n-ERR no such thing\r\n", 1000)
	if _, err := c.Do("EXEC"); !errors.Is(err, ErrReply) {
		t.Errorf("got %v", err)
	}
}

func TestErrorReply(t *testing.T) {
	t.Parallel()
	c := serve(t, "-ERR no such thing\r\n", 1000)
	if _, err := c.Do("NOSUCH"); !errors.Is(err, ErrReply) || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("got %v", err)
	}
}
