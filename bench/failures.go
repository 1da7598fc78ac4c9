package bench

import (
	"context"
	"fmt"
	"strings"

	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
)

// failed notes in the report that something could not be measured on a server, with what can be found out about it at this moment.
// A server that does not answer any more is gone from then on. It returns an error when the benchmark itself was ended.
func (s *stand) failed(ctx context.Context, server *target.Server, what string, why error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, why)
	}
	s.options.logf("ERROR    %s: %v", what, why)
	f := report.Failure{What: what, Error: why.Error()}
	var answers bool
	f.Evidence, answers = server.Evidence(ctx)
	if server.Name == target.Postkeys {
		f.Evidence += "\nPostgreSQL:\n" + s.activity(ctx)
	}
	s.report.Failures = append(s.report.Failures, f)
	if !answers {
		s.gone[server] = true
		s.options.logf("ERROR    %s does not answer any more", server.Name)
		s.report.Failures = append(s.report.Failures, report.Failure{What: server.Name, Error: "does not answer any more and was left out from there on"})
	}
	return nil
}

// activity is what PostgreSQL does, or why that is not known.
func (s *stand) activity(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	lines, err := s.postgres.Database().Activity(ctx)
	if err != nil {
		return err.Error()
	}
	return strings.Join(lines, "\n")
}
