package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/embedded"
)

// locate finds out which PostgreSQL to use, and starts it if it is our own.
func (n *Node) locate(ctx context.Context) (err error) {
	dsn := n.cfg.Postgres.ConnString()
	if n.cfg.Embedded.Enabled {
		if err := n.startPostgres(ctx); err != nil {
			return fmt.Errorf("PG_EMBEDDED_DIR=%s: %w", n.cfg.Embedded.Dir, err)
		}
		dsn = n.postgres.DSN(n.cfg.Postgres.Database)
	}
	n.pg = pg.Config{
		DSN:              dsn,
		StatementTimeout: n.cfg.Postgres.StatementTimeout,
		ConnectTimeout:   n.cfg.Postgres.ConnectTimeout,
		Databases:        int(n.settings.Int(settings.Databases)),
	}
	if n.place, err = n.pg.Place(); err != nil {
		return fmt.Errorf("%s: %w", n.cfg.Postgres.Blame("PG_SSLMODE, PG_SSLROOTCERT, PG_SSLCERT, PG_SSLKEY"), err)
	}
	if n.postgres != nil {
		n.place = "in " + n.postgres.Dir() + ", kept when postkeys ends"
	}
	return nil
}

func (n *Node) startPostgres(ctx context.Context) (err error) {
	e := n.cfg.Embedded
	n.postgres, err = embedded.Start(ctx, embedded.Config{
		Dir: e.Dir, MayMove: e.MayMove, BinDir: e.BinDir, Version: e.Version, Port: e.Port, Logger: n.log,
	})
	return err
}

// keepPostgres starts the PostgreSQL of our own again when it ends: commands
// wait meanwhile as they do for any PostgreSQL. It returns nil when ctx is
// done, and an error when PostgreSQL does not come back.
func (n *Node) keepPostgres(ctx context.Context) error {
	for {
		ended := n.postgres
		select {
		case <-ctx.Done():
			return nil
		case <-ended.Exited():
		}
		began := time.Now()
		n.log.Error("PostgreSQL ended and is started again", "reason", ended.Err())
		if err := errors.Join(ended.Stop(ctx), n.startPostgres(ctx)); err != nil {
			return fmt.Errorf("PostgreSQL ended, and starting it again failed: %w", err)
		}
		// One that ends again at once does not take all of the machine.
		if !sleep(ctx, time.Second-time.Since(began)) {
			return nil
		}
	}
}

// prepareDatabase creates the database and brings its schema up to date, and
// returns PostgreSQL's version. While PostgreSQL can't be reached it tries
// again, with growing pauses.
func (n *Node) prepareDatabase(ctx context.Context) (version string, err error) {
	var told time.Time
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		if version, err = n.tryDatabase(ctx); err == nil {
			return version, nil
		}
		if !pg.IsUnreachable(err) {
			return "", n.databaseError(err)
		}
		if time.Since(told) > waitReminder {
			told = time.Now()
			n.log.Warn("waiting for PostgreSQL; clients are told that it is not reachable", "place", n.place, "error", pg.ReasonOf(err))
		}
		if !sleep(ctx, pause) {
			return "", ctx.Err()
		}
	}
}

// waitReminder is the pause between two messages about the same wait.
const waitReminder = 15 * time.Second

func (n *Node) tryDatabase(ctx context.Context) (version string, err error) {
	created, err := pg.CreateDatabase(ctx, n.pg)
	if err != nil {
		return "", err
	}
	if created {
		n.log.Info("created the database", "place", n.place)
	}
	if err := pg.Migrate(ctx, n.pg); err != nil {
		return "", err
	}
	return pg.ServerVersion(ctx, n.pg)
}

// sleep waits; it returns false if ctx is done first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// databaseError says on one line what PostgreSQL or its contents have against
// this server, and which setting to look at.
func (n *Node) databaseError(err error) error {
	var state string
	if e := (interface{ SQLState() string })(nil); errors.As(err, &e) {
		state = e.SQLState()
	}
	p, where := n.cfg.Postgres, "PG_DATABASE"
	switch {
	case strings.HasPrefix(state, "28"): // invalid authorization
		where = "PG_USER, PG_PASSWORD"
	case state == "":
		where = "PG_HOST, PG_DATABASE"
	}
	return fmt.Errorf("%s: %s: %s", p.Blame(where), n.place, strings.Join(strings.Fields(err.Error()), " "))
}
