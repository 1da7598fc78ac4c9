package commands

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/pg"
)

// digest is the checksum of DEBUG DIGEST. It is the one that Redis computes,
// so that a copy of a keyspace can be compared with the original: unordered
// things are combined with exclusive or, ordered ones by hashing what there is
// so far.
type digest [sha1.Size]byte

// add combines d with something that has no place among its like.
func (d *digest) add(p []byte) {
	h := sha1.Sum(p)
	for i := range d {
		d[i] ^= h[i]
	}
}

// chain combines d with what comes next in order.
func (d *digest) chain(p []byte) {
	d.add(p)
	*d = sha1.Sum(d[:])
}

func (d *digest) chainNumber(n int) { d.chain(binary.BigEndian.AppendUint32(nil, uint32(n))) }

// expiryMark is what Redis adds for a key that will expire.
var expiryMark = []byte("!!expire!!")

// fieldExpiryMark is what it adds for a field that will.
var fieldExpiryMark = []byte("!!hexpire!!")

// redisTypes are Redis' numbers of the types.
var redisTypes = map[pg.Type]int{
	pg.TypeString: 0, pg.TypeList: 1, pg.TypeSet: 2, pg.TypeZset: 3, pg.TypeHash: 4, pg.TypeStream: 6,
}

// addValue combines d with a value and whether it expires.
func (d *digest) addValue(e *pg.Entry) error {
	d.chainNumber(redisTypes[e.Type()])
	if err := d.addElements(e); err != nil {
		return err
	}
	at, err := e.ExpireAt()
	if at != 0 {
		d.add(expiryMark)
	}
	return err
}

// addElements combines d with what the key holds.
func (d *digest) addElements(e *pg.Entry) error {
	switch e.Type() {
	case pg.TypeString:
		d.chain(e.Value())
		return nil
	case pg.TypeList:
		return d.addList(e)
	case pg.TypeSet, pg.TypeHash, pg.TypeZset:
		return d.addMembers(e)
	default:
		return nil
	}
}

func (d *digest) addList(e *pg.Entry) error {
	l, err := e.List()
	if err != nil {
		return err
	}
	return l.Range(0, l.Len()-1, func(_ int64, v []byte) bool {
		d.chain(v)
		return true
	})
}

func (d *digest) addMembers(e *pg.Entry) error {
	ms, err := e.Members(e.Type())
	if err != nil {
		return err
	}
	all, err := ms.All()
	for _, m := range all {
		if e.Type() == pg.TypeSet {
			d.add(m.Name)
			continue
		}
		var one digest
		one.chain(m.Name)
		if e.Type() == pg.TypeHash {
			one.chain(m.Value)
		} else {
			one.chain(codec.AppendDouble(nil, m.Score))
		}
		if m.ExpireAt != 0 {
			one.add(fieldExpiryMark)
		}
		d.add(one[:])
	}
	return err
}

func (d *digest) String() string { return hex.EncodeToString(d[:]) }

func debugDigestValue(c *Call) error {
	digests := make([]digest, c.claims)
	for i := range digests {
		if e := c.key(i); e.Exists() {
			if err := digests[i].addValue(e); err != nil {
				return err
			}
		}
	}
	c.out.Array(len(digests))
	for i := range digests {
		c.out.Simple(digests[i].String())
	}
	return nil
}

func debugDigest(c *Call) error {
	var sum digest
	indexes, err := c.tx.Stats()
	if err != nil {
		return err
	}
	for _, index := range indexes {
		sum.chainNumber(index.DB)
		if err := c.digestDB(&sum, index.DB); err != nil {
			return err
		}
	}
	c.out.Simple(sum.String())
	return nil
}

// digestChunk is how many keys are read at a time.
const digestChunk = 500

func (c *Call) digestDB(sum *digest, db int) error {
	for cursor := uint64(0); ; {
		var names [][]byte
		next, err := c.tx.Scan(db, cursor, digestChunk, nil, func(k pg.KeyInfo) {
			names = append(names, append([]byte{}, k.Name...))
		})
		if err != nil {
			return err
		}
		entries := make([]*pg.Entry, len(names))
		for i, name := range names {
			entries[i] = c.tx.Plan(db, name, pg.HashKey(db, name), pg.ModeRead, pg.PartValue)
		}
		if err := c.tx.Load(); err != nil {
			return err
		}
		for _, e := range entries {
			if !e.Exists() {
				continue
			}
			var d digest
			d.chain(e.Name())
			if err := d.addValue(e); err != nil {
				return err
			}
			sum.add(d[:])
		}
		if next == 0 {
			return nil
		}
		cursor = next
	}
}
