package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// How an outcome in doubt is settled.
//
//  1. A connection registers a row in kv_writers and keeps its id.
//  2. Every transaction that changes something stamps the row with the number
//     of the round. No row left to stamp means an error, so no commit.
//  3. When the connection breaks after COMMIT was sent, another connection
//     deletes the row. The DELETE waits for a transaction still under way;
//     the number it returns tells whether the round is in. A backend that had
//     not come to its stamp yet finds no row and fails.
//
// pg_xact_status would need no table, but after a crash PostgreSQL may give
// the number of a transaction that left no trace to a later one.

const sqlStamp = `
WITH stamped AS (UPDATE kv_writers SET round = $2 WHERE id = $1 RETURNING 1)
SELECT 1 / count(*) FROM stamped`

// codeDivisionByZero is how sqlStamp fails when the writer's row is gone.
const codeDivisionByZero = "22012"

const sqlRegister = `INSERT INTO kv_writers DEFAULT VALUES RETURNING id`

// Rows of nodes that were killed are of no use once their last commit has
// been settled, which takes seconds. A connection that lives on notices the
// missing row at its next write and registers again.
const sqlForgetWriters = `DELETE FROM kv_writers WHERE registered < now() - interval '7 days'`

const sqlSettle = `DELETE FROM kv_writers WHERE id = $1 RETURNING round`

// register takes a row of kv_writers for the connection.
func (c *Conn) register(ctx context.Context) error {
	res := c.pc.ExecParams(ctx, sqlRegister, nil, nil, nil, binaryFormat).Read()
	if res.Err != nil {
		return fmt.Errorf("register as a writer: %w", res.Err)
	}
	c.writer, c.round = asInt(res.Rows[0][0]), 0
	return nil
}

// unregistered is the id of a connection that could not register because the
// disk was full. It serves reads, and registers before its first write.
const unregistered = 0

// registerOrRead registers the connection, or leaves it for reads if there is
// no room for the row.
func (c *Conn) registerOrRead(ctx context.Context) error {
	err := c.register(ctx)
	if pgErr := (*pgconn.PgError)(nil); errors.As(err, &pgErr) && pgErr.Code == codeDiskFull {
		c.writer = unregistered
		return nil
	}
	return err
}

// registerFirst gives up a unit that is about to write on a connection that is
// not registered, and registers: the unit can run again then.
func (tx *Tx) registerFirst() error {
	tx.Rollback()
	c := tx.c
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.StatementTimeout+roundTripMargin)
	defer cancel()
	if err := c.pc.Conn().SetDeadline(time.Time{}); err != nil { // that of the last round trip
		return classify(c.fail(err))
	}
	if err := c.register(ctx); err != nil {
		return classify(err)
	}
	return &Error{KindRetry, errors.New("the connection has only just registered as a writer")}
}

// stamp queues the mark that makes the transaction's outcome decidable.
func (c *Conn) stamp() {
	c.round++
	c.send(stmtStamp, ignoreRow, int8Param(c.writer), int8Param(c.round))
}

func ignoreRow([][]byte) error { return nil }

// isUnregistered reports whether err says that the writer's row is gone.
func isUnregistered(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == codeDivisionByZero
}

// settle finds out whether the last stamped round was committed, after the
// connection broke. It keeps trying to reach PostgreSQL until the deadline.
func (c *Conn) settle(deadline time.Time) (committed bool, err error) {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	pause := 10 * time.Millisecond
	for {
		committed, err = c.settleOnce(ctx)
		if err == nil {
			return committed, nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, err
		}
		pause = min(2*pause, time.Second)
	}
}

func (c *Conn) settleOnce(ctx context.Context) (committed bool, err error) {
	pc, err := c.cfg.dial(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = pc.Close(ctx) }()
	res := pc.ExecParams(ctx, sqlSettle, [][]byte{int8Param(c.writer)}, nil, binaryFormat, binaryFormat).Read()
	if res.Err != nil {
		return false, res.Err
	}
	if len(res.Rows) == 0 {
		// An earlier attempt of ours deleted it and its answer was lost.
		return false, errors.New("the record of the transaction is gone")
	}
	return asInt(res.Rows[0][0]) == c.round, nil
}
