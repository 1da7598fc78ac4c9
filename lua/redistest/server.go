// Package redistest compares the libraries with those of a real redis-server. It exists for tests alone.
package redistest

import (
	"io"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/codec/redispeer"
)

// Server is a running redis-server.
type Server struct{ *redispeer.Server }

// Start starts a redis-server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	return &Server{redispeer.Start(t)}
}

// Eval runs scripts without keys as one pipeline and returns the texts of their replies, of errors too.
func (s *Server) Eval(t testing.TB, scripts []string) []string {
	t.Helper()
	conn := s.Dial(t)
	defer conn.Close()
	var sent sync.WaitGroup
	defer sent.Wait()
	sent.Go(func() {
		var pipeline []byte
		for _, script := range scripts {
			pipeline = codec.AppendCommand(pipeline, []byte("EVAL"), []byte(script), []byte("0"))
		}
		pipeline = codec.AppendCommand(pipeline, []byte("QUIT"))
		if _, err := conn.Write(pipeline); err != nil {
			t.Error(err)
		}
	})
	stream, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	replies := make([]string, len(scripts))
	for i := range replies {
		v, n, err := codec.ParseValue(stream)
		if err != nil {
			t.Fatalf("after %q: %v", scripts[max(i-1, 0)], err)
		}
		replies[i] = string(v.Str)
		stream = stream[n:]
	}
	return replies
}
