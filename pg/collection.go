package pg

import (
	"context"
	"encoding/binary"
	"fmt"
)

// sqlTakeColls takes a block of numbers for collections.
const sqlTakeColls = `SELECT nextval('kv_coll_id')`

// collBlock is the increment of the sequence.
const collBlock = 1000

// newColl returns a number that no collection has had. Now and then it costs a
// round trip.
func (c *Conn) newColl() (int64, error) {
	if c.colls.next == c.colls.end {
		c.send(stmtTakeColls, func(v [][]byte) error {
			c.colls.next = asInt(v[0])
			c.colls.end = c.colls.next + collBlock
			return nil
		})
		if err := c.sync(); err != nil {
			return 0, c.tx.failed(err)
		}
	}
	c.colls.next++
	return c.colls.next - 1, nil
}

// readSeed gets the key of the hash that members are found by.
func (c *Conn) readSeed(ctx context.Context) error {
	res := c.pc.ExecParams(ctx, `SELECT seed FROM kv_hash_seed`, nil, nil, nil, binaryFormat).Read()
	if res.Err != nil {
		return fmt.Errorf("read the seed of hashes: %w", res.Err)
	}
	if len(res.Rows) != 1 || len(res.Rows[0][0]) != 16 {
		return fmt.Errorf("the table kv_hash_seed must have one row of 16 bytes")
	}
	c.seed[0] = binary.BigEndian.Uint64(res.Rows[0][0])
	c.seed[1] = binary.BigEndian.Uint64(res.Rows[0][0][8:])
	return nil
}

// isCollection reports whether the key is anything with elements.
func (e *Entry) isCollection() bool { return e.typ != TypeNone && e.typ != TypeString }

// openCollection makes the working set of a loaded collection that is not
// packed, so that elements that are loaded with it find their place.
func (e *Entry) openCollection() (err error) {
	if e.typ == TypeList {
		_, err = e.List()
	} else {
		_, err = e.Members(e.typ)
	}
	return err
}

// settleCollections decides how changed collections are stored and queues what
// changes among their elements.
func (tx *Tx) settleCollections() error {
	for _, e := range tx.dirty {
		if !e.isCollection() || e.changes&changedValue == 0 {
			continue
		}
		if err := e.settle(); err != nil {
			return err
		}
	}
	return nil
}

func (e *Entry) settle() error {
	if e.members == nil && e.list == nil && e.coll == 0 && len(e.value) <= maxPackedBytes {
		return nil // a copy of something packed
	}
	if e.typ == TypeList {
		l, err := e.List()
		if err != nil {
			return err
		}
		err = l.settle()
		e.tx.c.remember(e)
		return err
	}
	ms, err := e.Members(e.typ)
	if err != nil {
		return err
	}
	err = ms.settle()
	e.tx.c.remember(e)
	return err
}

// copyCollection gives e, which has taken the rest from src, its elements.
func (e *Entry) copyCollection(src *Entry) (err error) {
	if !src.isCollection() || src.coll == 0 && src.members == nil && src.list == nil {
		return nil
	}
	if src.typ == TypeList {
		return e.copyList(src)
	}
	ms, err := src.Members(src.typ)
	if err != nil {
		return err
	}
	if ms.complete {
		e.value = packMembers(src.typ, ms.list)
		return nil
	}
	if err := ms.writeOut(); err != nil {
		return err
	}
	if e.coll, err = e.tx.c.newColl(); err != nil {
		return err
	}
	sum := ms.sum
	sum.count = ms.count
	e.value = sum.append(nil)
	return e.tx.copyElements(membersTables[src.typ].copy, src.typ, src.coll, e.coll)
}

func (e *Entry) copyList(src *Entry) error {
	l, err := src.List()
	if err != nil {
		return err
	}
	if src.coll == 0 {
		e.value = l.nodes[0].pack()
		return nil
	}
	if err := l.writeOut(); err != nil {
		return err
	}
	if e.coll, err = e.tx.c.newColl(); err != nil {
		return err
	}
	e.value = l.summary().append(nil)
	return e.tx.copyElements(stmtListCopy, TypeList, src.coll, e.coll)
}

// copyElements copies the rows of one collection to another.
func (tx *Tx) copyElements(s statement, t Type, from, to int64) error {
	tx.c.send(s, nil, int8Param(from), int8Param(to))
	tx.wrote = true
	tx.copied = append(tx.copied, row{typ: t, coll: to})
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	return nil
}
