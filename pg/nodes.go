package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A node is alive while the backend it listens on exists and its last beat is
// not old. The first tells at once that a process was killed, the second that
// its machine is gone.
const (
	sqlBeat = `
WITH beat AS (
    INSERT INTO kv_nodes (id, backend, beat) VALUES ($1, pg_backend_pid(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET backend = excluded.backend, beat = excluded.beat
)
SELECT id FROM kv_nodes
WHERE id <> $1 AND beat > clock_timestamp() - interval '5 seconds'
  AND backend IN (SELECT pg_stat_get_backend_pid(b) FROM pg_stat_get_backend_idset() b)`

	// A node that joins clears away what killed ones have left.
	sqlForgetNodes = `DELETE FROM kv_nodes WHERE beat < clock_timestamp() - interval '1 minute'`

	sqlLeave = `DELETE FROM kv_nodes WHERE id = $1`

	// The name of the notification channel has the table's number in it: several
	// schemas of one database do not hear each other.
	sqlNotifyChannel = `SELECT 'postkeys_' || 'kv_nodes'::regclass::oid::bigint`

	sqlFetchPiece = `SELECT body FROM kv_messages WHERE node = $1 AND number = $2 AND piece = $3`
)

// Listener is the connection on which a node hears what others notify. It
// belongs to one goroutine.
type Listener struct {
	pc      *pgconn.PgConn
	node    int64
	pending []string // payloads that have arrived and were not taken yet
}

// Listen opens the connection and listens. The node is not registered before
// its first Beat.
func Listen(ctx context.Context, cfg Config, node int64) (*Listener, error) {
	l := &Listener{node: node}
	pc, err := cfg.dialNotified(ctx, notifySettings("postkeys listener"), func(_ *pgconn.PgConn, n *pgconn.Notification) {
		l.pending = append(l.pending, n.Payload)
	})
	if err != nil {
		return nil, err
	}
	l.pc = pc
	if err := l.prepare(ctx); err != nil {
		return nil, errors.Join(err, pc.Close(ctx))
	}
	return l, nil
}

// notifySettings are those of the connections between nodes.
func notifySettings(name string) map[string]string {
	return map[string]string{"application_name": name, "client_min_messages": "warning", "synchronous_commit": "off"}
}

const (
	preparedBeat  = "beat"
	preparedFetch = "fetch"
)

func (l *Listener) prepare(ctx context.Context) error {
	channel, err := notifyChannel(ctx, l.pc)
	if err != nil {
		return err
	}
	if err := execText(ctx, l.pc, sqlForgetNodes); err != nil {
		return fmt.Errorf("forget nodes: %w", err)
	}
	for name, sql := range map[string]string{preparedBeat: sqlBeat, preparedFetch: sqlFetchPiece} {
		if _, err := l.pc.Prepare(ctx, name, sql, nil); err != nil {
			return fmt.Errorf("prepare statement %s: %w", name, err)
		}
	}
	return execText(ctx, l.pc, "LISTEN "+quoteIdentifier(channel))
}

func notifyChannel(ctx context.Context, pc *pgconn.PgConn) (string, error) {
	columns, err := queryText(ctx, pc, sqlNotifyChannel)
	if err != nil {
		return "", fmt.Errorf("name the channel between nodes: %w", err)
	}
	return columns[0], nil
}

// Beat says that the node is alive and returns the other nodes that are.
// Payloads that arrive meanwhile are kept.
func (l *Listener) Beat(timeout time.Duration) (others []int64, err error) {
	if err := l.limit(timeout); err != nil {
		return nil, err
	}
	res := l.pc.ExecPrepared(context.Background(), preparedBeat, [][]byte{int8Param(l.node)}, binaryFormat, binaryFormat).Read()
	for _, row := range res.Rows {
		others = append(others, asInt(row[0]))
	}
	return others, res.Err
}

// Next returns the next payload, "" if none arrives before the timeout or the
// end of ctx.
func (l *Listener) Next(ctx context.Context, timeout time.Duration) (payload string, err error) {
	if len(l.pending) == 0 {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		if err := l.pc.WaitForNotification(ctx); err != nil && (ctx.Err() == nil || l.pc.IsClosed()) {
			return "", err
		}
	}
	if len(l.pending) == 0 {
		return "", nil
	}
	payload, l.pending[0] = l.pending[0], ""
	if l.pending = l.pending[1:]; len(l.pending) == 0 {
		l.pending = nil
	}
	return payload, nil
}

// Fetch reads a piece, counted from 0, of the message that a payload of another node
// announces, and appends it to body. Nothing is appended if there is no such piece.
func (l *Listener) Fetch(body []byte, node, number int64, piece int32, timeout time.Duration) ([]byte, error) {
	if err := l.limit(timeout); err != nil {
		return body, err
	}
	params := [][]byte{int8Param(node), int8Param(number), int4Param(piece)}
	rows := l.pc.ExecPrepared(context.Background(), preparedFetch, params, binaryFormat, binaryFormat)
	for rows.NextRow() {
		body = append(body, rows.Values()[0]...)
	}
	_, err := rows.Close()
	return body, err
}

// limit bounds what is read from PostgreSQL next.
func (l *Listener) limit(timeout time.Duration) error {
	return l.pc.Conn().SetDeadline(time.Now().Add(timeout))
}

// Leave takes the node off the list of those alive and closes the connection.
func (l *Listener) Leave(ctx context.Context) error {
	err := l.limit(roundTripMargin)
	if err == nil {
		err = l.pc.ExecParams(ctx, sqlLeave, [][]byte{int8Param(l.node)}, nil, binaryFormat, nil).Read().Err
	}
	return errors.Join(err, l.pc.Close(ctx))
}

// Close gives the connection up without waiting for PostgreSQL.
func (l *Listener) Close() { drop(l.pc) }

// drop closes the socket of a connection that is of no use any more.
func drop(pc *pgconn.PgConn) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = pc.Close(ctx)
}
