package commands

import (
	"bytes"
	"errors"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/rdb"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

// debugObject describes a key in the words of Redis. The address is a number
// that belongs to the key; serializedlength is what the value would take in an
// RDB file without compression.
func debugObject(c *Call) error {
	e := c.key(0)
	if !e.Exists() {
		c.fail(errNoSuchKey)
		return nil
	}
	length, err := c.server().serializedLength(e)
	if err != nil {
		return err
	}
	id := fnv.New64a()
	_, _ = id.Write(e.Name()) // never fails
	c.out.Simple("Value at:0x" + strconv.FormatUint(id.Sum64()>>16|uint64(e.DB())<<48, 16) +
		" refcount:1 encoding:" + encodingOf(e) +
		" serializedlength:" + strconv.Itoa(length) +
		" lru:" + strconv.FormatInt(time.Now().Unix()&(1<<24-1), 10) + " lru_seconds_idle:0")
	return nil
}

// serializedLength is the size of a value in Redis' file format, strings
// without compression. A hash with fields that expire has no form there, and counts as
// empty.
func (s *Server) serializedLength(e *pg.Entry) (int, error) {
	if e.Type() == pg.TypeString {
		return serializedString(e), nil
	}
	v, err := valueOf(e)
	if errors.Is(err, errFieldsExpire) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	const typeAndFooter = 1 + 2 + 8
	o := rdb.Options{
		Version:  rdb.Version72,
		Compress: s.settings.Bool(settings.RDBCompression),
		ListNode: int(s.settings.Int(settings.ListMaxListpackSize)),
	}
	return len(rdb.Encode(nil, v, o)) - typeAndFooter, nil
}

// serializedString is the size of a string: integers up to 32 bits take 2, 3 or
// 5 bytes, others stand behind a length of 1, 2, 5 or 9 bytes.
func serializedString(e *pg.Entry) int {
	v := e.Value()
	if n, ok := number.ParseInt64(v); ok && len(v) <= len("-2147483648") {
		switch {
		case n == int64(int8(n)):
			return 2
		case n == int64(int16(n)):
			return 3
		case n == int64(int32(n)):
			return 5
		}
	}
	switch n := len(v); {
	case n < 1<<6:
		return 1 + n
	case n < 1<<14:
		return 2 + n
	case n < 1<<32:
		return 5 + n
	default:
		return 9 + n
	}
}

// debugSDSLen shows the lengths of a key and its value. Nothing is allocated
// beyond them here.
func debugSDSLen(c *Call) error {
	e := c.key(0)
	switch {
	case !e.Exists():
		c.fail(errNoSuchKey)
	case e.Type() != pg.TypeString || encodingOf(e) == "int":
		c.fail("ERR Not an sds encoded string.")
	default:
		key, value := strconv.Itoa(len(e.Name())), strconv.FormatInt(e.Len(), 10)
		c.out.Simple("key_sds_len:" + key + ", key_sds_avail:0, key_zmalloc: " + key +
			", val_sds_len:" + value + ", val_sds_avail:0, val_zmalloc: " + value)
	}
	return nil
}

// claimReload makes the workers open new connections, so that what follows can
// come from nowhere but PostgreSQL.
func claimReload(c *Call) {
	for _, a := range c.args[2:] {
		if !isWord(a, "merge") && !isWord(a, "noflush") && !isWord(a, "nosave") {
			c.fail("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
			return
		}
	}
	c.server().engine.Reconnect()
}

// debugReload stands for saving everything, forgetting it and reading it
// again. Everything is saved already; what a node remembers is the figures of
// the keyspace and what its connections hold.
func debugReload(c *Call) error {
	if err := c.server().keyspace.count(c.tx); err != nil {
		return err
	}
	c.out.OK()
	return nil
}

// DEBUG POPULATE creates as many keys at a time, or fewer large ones.
const (
	populateChunk = 1000
	populateBytes = 8 << 20
)

// populateOptions are the arguments of DEBUG POPULATE.
type populateOptions struct {
	count, size int64
	prefix      []byte
}

func parsePopulate(args [][]byte) (o populateOptions, fail string) {
	o.prefix = []byte("key")
	var ok bool
	if o.count, ok = number.ParseInt64(args[2]); !ok || o.count < 0 {
		return o, "ERR value is out of range, must be positive"
	}
	if len(args) > 3 {
		o.prefix = args[3]
	}
	if len(args) > 4 {
		if o.size, ok = number.ParseInt64(args[4]); !ok || o.size < 0 {
			return o, "ERR value is out of range, must be positive"
		}
	}
	return o, ""
}

func checkPopulate(c *Call) {
	o, fail := parsePopulate(c.args)
	switch {
	case fail != "":
		c.fail(fail)
	case o.size > c.server().limits().MaxBulkBytes:
		c.fail(errStringTooLong)
	}
}

func debugPopulate(c *Call) error {
	o, _ := parsePopulate(c.args)
	chunk := max(1, min(populateChunk, populateBytes/max(1, o.size)))
	for from := int64(0); from < o.count; from += min(chunk, o.count-from) {
		if c.session().gone.Load() {
			break // nobody waits for it any more
		}
		if err := c.populate(o, from, from+min(chunk, o.count-from)); err != nil {
			return err
		}
	}
	c.out.OK()
	return nil
}

// populate creates the keys from..to-1 that do not exist.
func (c *Call) populate(o populateOptions, from, to int64) error {
	entries := make([]*pg.Entry, 0, to-from)
	for i := from; i < to; i++ {
		name := strconv.AppendInt(append(bytes.Clone(o.prefix), ':'), i, 10)
		entries = append(entries, c.tx.Plan(c.db, name, pg.HashKey(c.db, name), pg.ModeUpdate, pg.PartHeader))
	}
	if err := c.tx.Load(); err != nil {
		return err
	}
	for i, e := range entries {
		if e.Exists() {
			continue
		}
		value := strconv.AppendInt([]byte("value:"), from+int64(i), 10)
		if o.size > 0 {
			value = append(value, make([]byte, max(0, o.size-int64(len(value))))...)[:o.size]
		}
		e.Replace(value, pg.EncodingNatural)
		c.addEventOf(settings.EventNew, "new", e.DB(), e.Name())
	}
	return c.tx.Flush()
}
