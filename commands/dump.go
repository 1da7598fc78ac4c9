package commands

import (
	"errors"

	"github.com/mnorrsken/postkeys/commands/rdb"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
)

var dumpBindings = []binding{
	{name: "dump", claim: func(c *Call) { c.claimWhole(c.args[1], pg.ModeRead) }, run: dump},
	{name: "restore", claim: claimRestore, run: restore},
}

// claimWhole says that the command uses a key of any type with all it holds.
func (c *Call) claimWhole(name []byte, mode pg.Mode) {
	c.claim(name, mode, pg.PartValue)
	c.task.Claims[len(c.task.Claims)-1].Needs = &pg.Needs{All: true}
}

func dump(c *Call) error {
	e := c.key(0)
	if !e.Exists() {
		c.out.Null()
		return nil
	}
	payload, fail, err := c.server().dump(e)
	switch {
	case err != nil:
		return err
	case fail != "":
		c.fail(fail)
	default:
		c.out.Bulk(payload)
	}
	return nil
}

// dump returns the payload of a key that exists and was claimed whole, or the
// error reply.
func (s *Server) dump(e *pg.Entry) (payload []byte, fail string, err error) {
	v, err := valueOf(e)
	switch {
	case errors.Is(err, errFieldsExpire):
		return nil, "ERR " + err.Error(), nil
	case err != nil:
		return nil, "", err
	}
	return rdb.Encode(nil, v, rdb.Options{
		Compress: s.settings.Bool(settings.RDBCompression),
		ListNode: int(s.settings.Int(settings.ListMaxListpackSize)),
	}), "", nil
}

// errFieldsExpire: the format of Redis 7.2 has no place for the expiry of a
// field, and a field that was to expire must not stay for ever elsewhere.
var errFieldsExpire = errors.New("DUMP of a hash with fields that expire is not supported by postkeys")

// rdbEncodings are package rdb's names of encodings. A list has but one there.
var rdbEncodings = map[pg.Encoding]rdb.Encoding{
	pg.EncodingListpack: rdb.EncodingListpack, pg.EncodingIntset: rdb.EncodingIntset,
	pg.EncodingHashtable: rdb.EncodingHashtable, pg.EncodingSkiplist: rdb.EncodingSkiplist,
}

// valueOf returns what a key holds.
func valueOf(e *pg.Entry) (v rdb.Value, err error) {
	switch e.Type() {
	case pg.TypeString:
		return rdb.Value{Type: rdb.TypeString, String: e.Value()}, nil
	case pg.TypeList:
		return listValue(e)
	default:
	}
	ms, err := e.Members(e.Type())
	if err != nil {
		return v, err
	}
	if e.Type() == pg.TypeZset {
		return zsetValue(e, ms)
	}
	all, err := ms.All()
	if err != nil {
		return v, err
	}
	v.Encoding = rdbEncodings[e.Encoding()]
	if e.Type() == pg.TypeSet {
		v.Type, v.Elements = rdb.TypeSet, make([][]byte, len(all))
		for i, m := range all {
			v.Elements[i] = m.Name
		}
		return v, nil
	}
	v.Type, v.Fields = rdb.TypeHash, make([]rdb.Field, len(all))
	for i, m := range all {
		if m.ExpireAt != 0 {
			return v, errFieldsExpire
		}
		v.Fields[i] = rdb.Field{Name: m.Name, Value: m.Value}
	}
	return v, nil
}

func listValue(e *pg.Entry) (v rdb.Value, err error) {
	l, err := e.List()
	if err != nil {
		return v, err
	}
	v = rdb.Value{Type: rdb.TypeList, Encoding: rdb.EncodingQuicklist, Elements: make([][]byte, 0, l.Len())}
	err = l.Range(0, l.Len()-1, func(_ int64, element []byte) bool {
		v.Elements = append(v.Elements, element)
		return true
	})
	return v, err
}

func zsetValue(e *pg.Entry, ms *pg.Members) (v rdb.Value, err error) {
	all, err := ms.All()
	if err != nil {
		return v, err
	}
	v = rdb.Value{Type: rdb.TypeZset, Encoding: rdbEncodings[e.Encoding()], Members: make([]rdb.Member, len(all))}
	for i, m := range all {
		v.Members[i] = rdb.Member{Name: m.Name, Score: m.Score}
	}
	return v, nil
}
