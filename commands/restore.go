package commands

import (
	"errors"
	"math"

	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/number"
	"github.com/mnorrsken/postkeys/commands/rdb"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

const errBusyKey = "BUSYKEY Target key name already exists."

// restoreOptions are the options of RESTORE as given.
type restoreOptions struct {
	replace, absolute bool
	idle, freq        int64 // -1: not given
}

// parseRestore reads the options of RESTORE. It returns the error reply, or "".
func parseRestore(args [][]byte) (o restoreOptions, fail string) {
	o.idle, o.freq = -1, -1
	for i := 0; i < len(args); i++ {
		more := i+1 < len(args)
		switch a := args[i]; {
		case isWord(a, "replace"):
			o.replace = true
		case isWord(a, "absttl"):
			o.absolute = true
		case isWord(a, "idletime") && more && o.freq == -1:
			i++
			o.idle, fail = atLeastZero(args[i], math.MaxInt64, "ERR Invalid IDLETIME value, must be >= 0")
		case isWord(a, "freq") && more && o.idle == -1:
			i++
			o.freq, fail = atLeastZero(args[i], maxFreq, "ERR Invalid FREQ value, must be >= 0 and <= 255")
		default:
			fail = errSyntax
		}
		if fail != "" {
			return o, fail
		}
	}
	return o, ""
}

// maxFreq is the largest count of uses.
const maxFreq = 255

// atLeastZero reads a number from 0 to most, or returns the error reply.
func atLeastZero(arg []byte, most int64, outside string) (n int64, fail string) {
	n, ok := number.ParseInt64(arg)
	switch {
	case !ok:
		return 0, errNotInteger
	case n < 0 || n > most:
		return 0, outside
	}
	return n, ""
}

// largePayload is the size from which a value to be restored is worth a round
// of its own.
const largePayload = 64 << 10

func claimRestore(c *Call) {
	if _, fail := parseRestore(c.args[4:]); fail != "" {
		c.fail(fail)
		return
	}
	c.claim(c.args[1], pg.ModeUpdate, pg.PartHeader)
	if len(c.args[3]) >= largePayload {
		c.task.Lane = engine.Slow
	}
}

// restore looks at the TTL and the payload only if the key may be written, as
// Redis does.
func restore(c *Call) error {
	o, _ := parseRestore(c.args[4:])
	e := c.key(0)
	if e.Exists() && !o.replace {
		c.fail(errBusyKey)
		return nil
	}
	ttl, fail := atLeastZero(c.args[2], math.MaxInt64, "ERR Invalid TTL value, must be >= 0")
	if fail != "" {
		c.fail(fail)
		return nil
	}
	v, err := rdb.Decode(c.args[3], rdb.DefaultMaxBytes)
	if err != nil {
		c.fail(restoreError(err))
		return nil
	}
	deleted := e.Delete()
	if ttl != 0 {
		now, err := c.tx.Now()
		if err != nil {
			return err
		}
		if !o.absolute {
			ttl += now // beyond the last instant is long ago, in Redis too
		}
		if ttl <= now {
			if deleted {
				c.notifyDel(0)
			}
			c.out.OK()
			return nil
		}
	}
	if err := c.fill(e, v); err != nil {
		return err
	}
	e.SetExpireAt(ttl)
	c.notifyNew(0)
	c.notify(settings.EventGeneric, "restore", 0)
	c.restoreUse(o)
	c.out.OK()
	return nil
}

func restoreError(err error) string {
	switch {
	case errors.Is(err, rdb.ErrFooter):
		return "ERR DUMP payload version or checksum are wrong"
	case errors.Is(err, rdb.ErrUnsupported):
		return "ERR RESTORE of a stream or of a value of a module is not supported by postkeys"
	case errors.Is(err, rdb.ErrTooLarge):
		return "ERR the value in the DUMP payload is too large"
	default:
		return "ERR Bad data format"
	}
}

// restoreUse notes how the key was used where it comes from, as far as the
// policy in force asks for it.
func (c *Call) restoreUse(o restoreOptions) {
	u, hash, now := c.server().uses, c.claimed()[0].Hash, c.job.started.Unix()
	switch lfu := u.counting.Load() != nil; {
	case lfu && o.freq >= 0:
		u.table.Set(hash, now, 0, uint8(o.freq))
		c.quiet = true
	case !lfu && o.idle >= 0:
		u.table.Set(hash, now, o.idle, 0)
		c.quiet = true
	}
}

// fill gives an absent key a value, in the representation that Redis gives it
// when it loads the same payload.
func (c *Call) fill(e *pg.Entry, v rdb.Value) error {
	switch v.Type {
	case rdb.TypeString:
		e.SetString(v.String, pg.EncodingNatural)
		return nil
	case rdb.TypeList:
		return c.fillList(e, v.Elements)
	case rdb.TypeSet:
		return c.fillSet(e, v)
	case rdb.TypeZset:
		return c.fillZset(e, v)
	default:
		return c.fillHash(e, v)
	}
}

func (c *Call) fillList(e *pg.Entry, elements [][]byte) error {
	l, err := e.List()
	if err != nil {
		return err
	}
	l.Rebuild(elements)
	size, err := l.ListpackBytes()
	if limit, _ := c.listLimit(); size > limit.bytes || l.Len() > limit.count {
		e.SetEncoding(pg.EncodingQuicklist)
	}
	return err
}

// fillSet: a payload with a hash table starts as an intset if its members may
// all fit into one. One with an intset or a listpack stays that if it has not
// too many members.
func (c *Call) fillSet(e *pg.Entry, v rdb.Value) error {
	ms, err := e.Members(pg.TypeSet)
	if err != nil {
		return err
	}
	w, n := c.setWriter(e, ms), int64(len(v.Elements))
	form := pg.EncodingHashtable
	switch {
	case v.Encoding != rdb.EncodingListpack && n <= w.limits.intset:
		form = pg.EncodingIntset
	case v.Encoding == rdb.EncodingListpack && n <= w.limits.entries:
		form = pg.EncodingListpack
		w.limits.value = maxHint
	}
	e.SetEncoding(form)
	for _, name := range v.Elements {
		if _, err := w.add(name); err != nil {
			return err
		}
	}
	return nil
}

// fillZset: a payload with a listpack stays one if it has not too many
// members, however long they are.
func (c *Call) fillZset(e *pg.Entry, v rdb.Value) error {
	ms, err := e.Members(pg.TypeZset)
	if err != nil {
		return err
	}
	longest := 0
	if v.Encoding != rdb.EncodingListpack {
		for i := range v.Members {
			longest = max(longest, len(v.Members[i].Name))
		}
	}
	if !c.fitsListpack(int64(len(v.Members)), longest, settings.ZSetMaxListpackEntries, settings.ZSetMaxListpackValue) {
		e.SetEncoding(pg.EncodingSkiplist)
	}
	for i := range v.Members {
		m, _, err := ms.Put(v.Members[i].Name)
		if err != nil {
			return err
		}
		m.Score = keptScore(e, v.Members[i].Score)
	}
	return nil
}

// fillHash: likewise.
func (c *Call) fillHash(e *pg.Entry, v rdb.Value) error {
	ms, err := e.Members(pg.TypeHash)
	if err != nil {
		return err
	}
	longest := 0
	if v.Encoding != rdb.EncodingListpack {
		for _, f := range v.Fields {
			longest = max(longest, len(f.Name), len(f.Value))
		}
	}
	if !c.fitsListpack(int64(len(v.Fields)), longest, settings.HashMaxListpackEntries, settings.HashMaxListpackValue) {
		e.SetEncoding(pg.EncodingHashtable)
	}
	for _, f := range v.Fields {
		m, _, err := ms.Put(f.Name)
		if err != nil {
			return err
		}
		m.Value = f.Value
	}
	return nil
}
