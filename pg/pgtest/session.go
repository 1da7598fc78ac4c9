package pgtest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Session is a connection of a test's own beside what it tests, for locks and transactions that last over several statements, and
// for a look at what PostgreSQL is doing.
type Session struct {
	t    testing.TB
	conn *pgx.Conn
}

// Open connects to a database. The session ends with the test.
func Open(t testing.TB, dsn string) *Session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
		defer cancel()
		_ = conn.Close(ctx) // a test may have killed the server
	})
	return &Session{t, conn}
}

// Exec runs one statement, or fails the test.
func (s *Session) Exec(sql string, args ...any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	if _, err := s.conn.Exec(ctx, sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// Go runs statements beside the test, which may wait for locks. done is closed when all have run or, with an error of the test, one
// has failed. The session is in use until then.
func (s *Session) Go(statements ...string) (done <-chan struct{}) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
		defer cancel()
		for _, sql := range statements {
			if _, err := s.conn.Exec(ctx, sql); err != nil {
				s.t.Errorf("%s: %v", sql, err)
				return
			}
		}
	}()
	return ended
}

// Get reads one row into dest, or fails the test.
func (s *Session) Get(dest []any, sql string, args ...any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	if err := s.conn.QueryRow(ctx, sql, args...).Scan(dest...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// Until asks until the answer is true, or fails the test.
func (s *Session) Until(sql string, args ...any) {
	s.t.Helper()
	deadline := time.Now().Add(statementTimeout)
	for answer := false; ; <-time.After(2 * time.Millisecond) {
		if s.Get([]any{&answer}, sql, args...); answer {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: still false", sql)
		}
	}
}
