package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/mnorrsken/postkeys/bench/report"
	"github.com/mnorrsken/postkeys/bench/target"
)

// stand is the set-up that is measured: servers, their PostgreSQL and the directory with their data.
type stand struct {
	options      *Options
	dir          string
	binary       string
	servers      []*target.Server
	peer         *target.Server          // another node beside the postkeys among them, or nil
	gone         map[*target.Server]bool // those that do not answer any more, and are left alone
	postgres     *target.Postgres        // nil when postkeys is not among the servers
	report       *report.Report
	disturbances disturbances
	started      time.Time
}

// newStand makes the directory and starts PostgreSQL, but no server yet. close has to be called, whatever the error is.
func newStand(ctx context.Context, o *Options, title string) (*stand, error) {
	s := &stand{
		options: o, started: time.Now(), gone: make(map[*target.Server]bool),
		report: &report.Report{Title: title, Command: o.Command, Started: time.Now()},
	}
	if err := o.validate(); err != nil {
		return s, err
	}
	var err error
	if s.dir, err = os.MkdirTemp(o.TempDir, "postkeys-bench-"); err != nil {
		return s, err
	}
	s.report.Machine, s.report.Notes = machineFacts(s.dir)
	if !slices.Contains(o.servers(), target.Postkeys) {
		return s, nil
	}
	if s.binary = o.Binary; s.binary == "" {
		o.logf("building postkeys")
		if s.binary, err = target.Build(ctx, s.dir); err != nil {
			return s, err
		}
	}
	if o.PGDSN != "" {
		s.postgres, err = target.UsePostgres(ctx, o.PGDSN)
	} else {
		o.logf("starting PostgreSQL")
		s.postgres, err = target.StartPostgres(ctx, s.dir, o.PGBinDir, o.PGVersion)
	}
	if err != nil {
		return s, err
	}
	if s.postgres.Note != "" {
		s.report.Notes = append(s.report.Notes, s.postgres.Note)
	}
	facts, err := s.postgres.Database().Facts(ctx)
	for _, f := range facts {
		s.report.PostgreSQL = append(s.report.PostgreSQL, report.Fact{Name: f.Name, Value: f.Value})
	}
	return s, err
}

// maxClients is what servers are set up for that do not say otherwise.
const maxClients = 10_000

// start starts one server and notes it in the report.
func (s *stand) start(ctx context.Context, name string, clients int) (*target.Server, error) {
	dsn := ""
	if name == target.Postkeys {
		dsn = s.postgres.PostkeysDSN
	}
	return s.startOn(ctx, name, dsn, clients)
}

// startAll starts the servers that are chosen, with nothing in them.
func (s *stand) startAll(ctx context.Context) error {
	for _, name := range s.options.servers() {
		if _, err := s.start(ctx, name, maxClients); err != nil {
			return err
		}
	}
	return nil
}

// startOn starts one server, postkeys on the database that a connection string names.
func (s *stand) startOn(ctx context.Context, name, dsn string, clients int) (*target.Server, error) {
	s.options.logf("starting %s", name)
	var server *target.Server
	var err error
	if name == target.Postkeys {
		server, err = target.StartPostkeys(ctx, s.binary, dsn, s.options.Env, clients)
	} else {
		server, err = target.StartRedis(ctx, s.options.RedisServer, s.dir, name == target.RedisAlways, clients)
	}
	if err != nil {
		return nil, err
	}
	s.options.logf("%s serves on %s, process %d", name, server.Addr, server.PID())
	s.servers = append(s.servers, server)
	if !slices.ContainsFunc(s.report.Servers, func(r report.Server) bool { return r.Name == name }) {
		s.report.Servers = append(s.report.Servers, report.Server{Name: name, About: server.About, Command: server.Command, Version: server.Version})
	}
	return server, nil
}

// stop ends one server.
func (s *stand) stop(server *target.Server) error {
	s.servers = slices.DeleteFunc(s.servers, func(other *target.Server) bool { return other == server })
	return server.Stop()
}

// close ends everything and removes the data.
func (s *stand) close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Stop())
	}
	if s.peer != nil {
		errs = append(errs, s.peer.Stop())
	}
	if s.postgres != nil {
		errs = append(errs, s.postgres.Stop())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	s.report.Seconds = time.Since(s.started).Seconds()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}
