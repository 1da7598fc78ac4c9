package target

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Bounds of what is found out about a server that failed.
const (
	evidenceTimeout = 5 * time.Second // for each question
	maxStacksBytes  = 4 << 20
)

// Evidence is what can be found out about a server that did not do what it should: the end of its log, and for postkeys the stacks
// of its goroutines. answers tells whether it still answers PING.
func (s *Server) Evidence(ctx context.Context) (text string, answers bool) {
	var b strings.Builder
	select {
	case <-s.Exited():
		fmt.Fprintf(&b, "%s has ended.\n", s.Name)
	default:
		answers = s.answers(ctx)
		fmt.Fprintf(&b, "%s answers PING: %v.\n", s.Name, answers)
	}
	fmt.Fprintf(&b, "\nThe end of its log:\n%s\n", s.process.Log())
	if s.observed != "" {
		fmt.Fprintf(&b, "\nIts goroutines:\n%s\n", s.stacks(ctx))
	}
	return b.String(), answers
}

func (s *Server) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, evidenceTimeout)
	defer cancel()
	return s.ping(ctx) == nil
}

// stacks are those of all goroutines of postkeys, or why there are none.
func (s *Server) stacks(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, evidenceTimeout)
	defer cancel()
	stacks, err := s.ask(ctx, "/debug/pprof/goroutine?debug=2", maxStacksBytes)
	if err != nil {
		return fmt.Sprintf("%s\n%v", stacks, err)
	}
	return string(stacks)
}
