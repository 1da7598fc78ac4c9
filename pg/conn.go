package pg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Conn is a connection that runs units of work. It is owned by one goroutine.
//
// Statements are queued and leave together; their results are handed to the
// callbacks given with them, in order. The frontend of pgx is driven directly:
// Bind and Execute without Describe, since the catalogue fixes every result.
type Conn struct {
	cfg    Config
	pc     *pgconn.PgConn
	fe     *pgproto3.Frontend
	broken bool

	// The row of kv_writers that this connection stamps; see writer.go.
	writer int64
	round  int64

	// seed is the key of the hash that members are found by.
	seed [2]uint64
	// colls are numbers for collections, taken from the sequence in blocks.
	colls struct{ next, end int64 }
	// places are where keys had their elements, by the hashes of the keys.
	places map[uint64]place
	// next is what a unit that has to run again has found necessary.
	next nextUnit

	queue   []queued
	pending int  // bytes of the request that is being put together, about
	moved   int  // bytes of requests and results since the last Rest, about
	longRow bool // a row since then was so long that pgx has a buffer of its own for it
	tx      Tx
}

// nextUnit says how the next unit of work has to run.
type nextUnit struct {
	snapshot, lockReads, careful, orderly, excludes bool
	late                                            []lateKey
}

// queued is a statement whose result has not arrived yet.
type queued struct {
	row  func(values [][]byte) error // nil: no rows are expected
	want int                         // number of rows it must affect, anyCount if unknown
}

const anyCount = -1

// errRowCount reports that a write missed a row that this unit had locked, or
// added fewer than it sent. It cannot happen while locks hold.
var errRowCount = errors.New("a statement affected another number of rows than it was sent")

var binaryFormat = []int16{1}

// Connect opens a connection for units of work and registers it as a writer.
func Connect(ctx context.Context, cfg Config) (*Conn, error) {
	pc, err := cfg.dial(ctx, sessionSettings)
	if err != nil {
		return nil, err
	}
	c := &Conn{cfg: cfg, pc: pc, fe: pc.Frontend()}
	c.places = make(map[uint64]place)
	c.tx.init(c)
	err = prepareAll(ctx, pc)
	if err == nil {
		err = c.registerOrRead(ctx)
	}
	if err == nil {
		err = c.readSeed(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, pc.Close(ctx))
	}
	return c, nil
}

// Broken reports whether the connection is lost and has to be replaced.
func (c *Conn) Broken() bool { return c.broken || c.pc.IsClosed() }

// Close ends the connection. It waits for PostgreSQL at most as long as ctx
// allows.
func (c *Conn) Close(ctx context.Context) error {
	return c.pc.Close(ctx)
}

// ServerVersion returns PostgreSQL's version as it names itself.
func (c *Conn) ServerVersion() string { return c.pc.ParameterStatus("server_version") }

// send queues a statement. row is called for each result row with values that
// are valid during the call.
func (c *Conn) send(s statement, row func([][]byte) error, params ...[]byte) {
	c.bind(s, params)
	c.queue = append(c.queue, queued{row, anyCount})
}

// sendWrite queues a statement that must affect exactly want rows.
func (c *Conn) sendWrite(s statement, want int, params ...[]byte) {
	c.bind(s, params)
	c.queue = append(c.queue, queued{nil, want})
}

func (c *Conn) bind(s statement, params [][]byte) {
	size := bindOverhead
	for _, p := range params {
		size += len(p)
	}
	c.pending += size
	c.moved += size
	c.fe.SendBind(&pgproto3.Bind{
		PreparedStatement:    catalogue[s].name,
		ParameterFormatCodes: binaryFormat,
		Parameters:           params,
		ResultFormatCodes:    binaryFormat,
	})
	c.fe.SendExecute(&pgproto3.Execute{})
}

// bindOverhead is about what a statement takes in a request without its
// parameters.
const bindOverhead = 64

// maxPipelinedBytes is the length of a request that fits into the buffers of a
// socket whatever PostgreSQL is busy writing.
const maxPipelinedBytes = 16 << 10

// errNotSent marks a failure before the last byte was handed to the kernel:
// PostgreSQL cannot have seen the Sync that ends the batch.
type errNotSent struct{ error }

func (e errNotSent) Unwrap() error { return e.error }

// sync sends what is queued and reads all results. The error is the first one
// that PostgreSQL or a callback reported, or a failure of the connection.
func (c *Conn) sync() error {
	if c.cfg.RoundTrips != nil {
		c.cfg.RoundTrips.Add(1)
	}
	return c.exchange()
}

// exchange is sync for a round trip that does not count.
func (c *Conn) exchange() error {
	if c.cfg.StatementTimeout > 0 {
		deadline := time.Now().Add(c.cfg.StatementTimeout + roundTripMargin)
		if err := c.pc.Conn().SetDeadline(deadline); err != nil {
			return c.fail(errNotSent{err})
		}
	}
	c.fe.SendSync(&pgproto3.Sync{})
	flushed := c.flush()
	if flushed == nil {
		if err := c.fe.Flush(); err != nil {
			return c.fail(errNotSent{err})
		}
	}
	var first error
	next := 0
	for {
		msg, err := c.fe.Receive()
		if err != nil {
			if first != nil && isConnectionError(first) {
				err = first // the reason PostgreSQL gave before it closed
			}
			if notSent := c.stopFlush(flushed); notSent != nil {
				err = errNotSent{err}
			}
			return c.fail(err)
		}
		switch m := msg.(type) {
		case *pgproto3.DataRow:
			if next < len(c.queue) && c.queue[next].row != nil && first == nil {
				first = c.queue[next].row(m.Values)
			}
			c.noteRow(m.Values)
		case *pgproto3.CommandComplete:
			if next < len(c.queue) && c.queue[next].want != anyCount && first == nil {
				if affected(m.CommandTag) != c.queue[next].want {
					first = errRowCount
				}
			}
			next++
		case *pgproto3.ErrorResponse:
			if first == nil {
				first = pgconn.ErrorResponseToPgError(m)
			}
			next++
		case *pgproto3.ReadyForQuery:
			if flushed != nil {
				// It is through: the Sync that is answered here came last.
				if err := <-flushed; err != nil {
					return c.fail(err)
				}
			}
			c.queue = c.queue[:0]
			return first
		}
	}
}

// flush sends a long request beside the reading of the results: PostgreSQL reads
// no more of a request while nobody takes what it has to say. It returns nil if
// the request is short enough for the buffers of the socket.
func (c *Conn) flush() (flushed chan error) {
	if c.pending <= maxPipelinedBytes {
		c.pending = 0
		return nil
	}
	c.pending = 0
	flushed = make(chan error, 1)
	go func() {
		err := c.fe.Flush()
		if err != nil { // do not wait for results of what was not sent
			_ = c.pc.Conn().SetDeadline(time.Now())
		}
		flushed <- err
	}()
	return flushed
}

// stopFlush ends a flush that is under way on a broken connection and returns
// its error.
func (c *Conn) stopFlush(flushed chan error) error {
	if flushed == nil {
		return nil
	}
	_ = c.pc.Conn().SetDeadline(time.Now())
	return <-flushed
}

// sendText queues a statement that is not in the catalogue.
func (c *Conn) sendText(sql string) {
	c.fe.SendParse(&pgproto3.Parse{Query: sql})
	c.fe.SendBind(&pgproto3.Bind{ResultFormatCodes: binaryFormat})
	c.fe.SendExecute(&pgproto3.Execute{})
	c.queue = append(c.queue, queued{nil, anyCount})
}

// affected returns the number at the end of a command tag: "INSERT 0 64".
func affected(tag []byte) int {
	n, unit := 0, 1
	for i := len(tag) - 1; i >= 0 && tag[i] >= '0' && tag[i] <= '9'; i-- {
		n += int(tag[i]-'0') * unit
		unit *= 10
	}
	return n
}

// fail gives the connection up.
func (c *Conn) fail(err error) error {
	c.broken = true
	c.queue = c.queue[:0]
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // close the socket without waiting for PostgreSQL
	_ = c.pc.Close(ctx)
	return err
}

// Ping runs one empty round trip.
func (c *Conn) Ping() error {
	if err := c.sync(); err != nil {
		return classify(err)
	}
	return nil
}

func int4Param(v int32) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }
func int8Param(v int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(v)) }
func int2Param(v int) []byte   { return binary.BigEndian.AppendUint16(nil, uint16(v)) }

func boolParam(v bool) []byte {
	if v {
		return []byte{1}
	}
	return []byte{0}
}

// asInt decodes a binary integer of two, four or eight bytes.
func asInt(b []byte) int64 {
	switch len(b) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	case 8:
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// errShape reports a result that does not look as the catalogue says.
func errShape(s statement, values [][]byte) error {
	return fmt.Errorf("statement %s returned %d columns", catalogue[s].name, len(values))
}
