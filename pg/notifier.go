package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// MaxPayload is the length of the longest text that a notification can carry.
const MaxPayload = 7999

const (
	sqlNotify = `SELECT count(pg_notify($1, p)) FROM unnest($2::text[]) p`

	sqlStoreMessage = `INSERT INTO kv_messages (node, number, piece, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`

	// Those of killed nodes go too. To store the largest message takes less than ten
	// minutes, or the node that does it is as good as dead.
	sqlForgetMessages = `DELETE FROM kv_messages WHERE node = $1 AND number <= $2 OR sent < clock_timestamp() - interval '10 minutes'`
)

// pieceBytes is the size of the pieces in which large messages are stored.
const pieceBytes = 1 << 20

// Notifier is the connection on which a node tells the others. It belongs to
// one goroutine. After an error it is of no use any more, and what was sent last
// may have arrived or not.
type Notifier struct {
	pc      *pgconn.PgConn
	node    int64
	channel []byte
	list    array
}

const (
	preparedNotify = "notify"
	preparedStore  = "store"
)

// ConnectNotifier opens the connection.
func ConnectNotifier(ctx context.Context, cfg Config, node int64) (*Notifier, error) {
	pc, err := cfg.dialNotified(ctx, notifySettings("postkeys notifier"), nil)
	if err != nil {
		return nil, err
	}
	channel, err := notifyChannel(ctx, pc)
	for name, sql := range map[string]string{preparedNotify: sqlNotify, preparedStore: sqlStoreMessage} {
		if err == nil {
			_, err = pc.Prepare(ctx, name, sql, nil)
		}
	}
	if err != nil {
		return nil, errors.Join(err, pc.Close(ctx))
	}
	return &Notifier{pc: pc, node: node, channel: []byte(channel)}, nil
}

// Notify sends payloads to all nodes, in order.
func (n *Notifier) Notify(ctx context.Context, payloads [][]byte) error {
	n.list.reset(oidText)
	for _, p := range payloads {
		n.list.bytes(p)
	}
	return n.pc.ExecPrepared(ctx, preparedNotify, [][]byte{n.channel, n.list.param()}, binaryFormat, binaryFormat).Read().Err
}

// Store keeps a message for the others to fetch, in pieces that may take a time each.
// The payload with the same number announces it and has to follow.
func (n *Notifier) Store(ctx context.Context, number int64, body []byte, timeout time.Duration) error {
	for piece := int32(0); len(body) > 0; piece++ {
		part := body[:min(len(body), pieceBytes)]
		body = body[len(part):]
		if err := n.storePiece(ctx, number, piece, part, timeout); err != nil {
			return err
		}
	}
	return nil
}

func (n *Notifier) storePiece(ctx context.Context, number int64, piece int32, part []byte, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	params := [][]byte{int8Param(n.node), int8Param(number), int4Param(piece), part}
	return n.pc.ExecPrepared(ctx, preparedStore, params, binaryFormat, nil).Read().Err
}

// ForgetStored removes this node's messages up to a number, and what nodes that were
// killed have left.
func (n *Notifier) ForgetStored(ctx context.Context, number int64) error {
	return n.pc.ExecParams(ctx, sqlForgetMessages, [][]byte{int8Param(n.node), int8Param(number)}, nil, binaryFormat, nil).Read().Err
}

// Close gives the connection up without waiting for PostgreSQL.
func (n *Notifier) Close() { drop(n.pc) }
