package rdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
)

// peer is a redis-server that looks at every byte of what it restores.
type peer struct {
	testing.TB
	c *servertest.Client
}

func newPeer(tb testing.TB, args ...string) *peer {
	tb.Helper()
	c, err := servertest.Dial(servertest.Redis(tb, append(args, "--sanitize-dump-payload", "yes")...).Addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return &peer{tb, c}
}

func (p *peer) do(args ...string) codec.Value {
	p.Helper()
	reply, err := p.c.Do(args...)
	if err != nil {
		p.Fatalf("%.100q: %v", args, err)
	}
	v, _, err := codec.ParseValue(reply)
	if err != nil {
		p.Fatalf("%.100q: %v", args, err)
	}
	return v
}

// must sends a command that has to succeed.
func (p *peer) must(args ...string) codec.Value {
	p.Helper()
	v := p.do(args...)
	if v.IsError() {
		p.Fatalf("%.100q: %s", args, v.Str)
	}
	return v
}

// version returns the version of the format that the server writes.
func (p *peer) version() uint16 {
	p.Helper()
	p.must("SET", "version", "")
	dump := p.must("DUMP", "version").Str
	return binary.LittleEndian.Uint16(dump[len(dump)-footerBytes:])
}

// encoding returns the encoding of a key as payloads have it; Redis 7.2 shows short lists as listpacks.
func (p *peer) encoding(key string) string {
	p.Helper()
	encoding := string(p.must("OBJECT", "ENCODING", key).Str)
	if encoding == "listpack" && string(p.must("TYPE", key).Str) == "list" {
		return "quicklist"
	}
	return encoding
}

// store builds a value with ordinary commands.
func (p *peer) store(key string, v Value) {
	p.Helper()
	p.must("DEL", key)
	switch v.Type {
	case TypeString:
		p.must("SET", key, string(v.String))
	case TypeList:
		p.send(v.Elements, "RPUSH", key)
	case TypeSet:
		p.send(v.Elements, "SADD", key)
	case TypeZset:
		var args [][]byte
		for _, m := range v.Members {
			args = append(args, strconv.AppendFloat(nil, m.Score, 'g', -1, 64), m.Name)
		}
		p.send(args, "ZADD", key)
	case TypeHash:
		var args [][]byte
		for _, f := range v.Fields {
			args = append(args, f.Name, f.Value)
		}
		p.send(args, "HSET", key)
	}
}

func (p *peer) send(args [][]byte, command ...string) {
	p.Helper()
	for part := range slices.Chunk(args, 1000) {
		all := slices.Clone(command)
		for _, arg := range part {
			all = append(all, string(arg))
		}
		p.must(all...)
	}
}

// fetch reads a value with ordinary commands.
func (p *peer) fetch(key string) Value {
	p.Helper()
	texts := func(v codec.Value) (b [][]byte) {
		for _, e := range v.Elems {
			b = append(b, e.Str)
		}
		return b
	}
	switch typ := string(p.must("TYPE", key).Str); typ {
	case "string":
		return Value{Type: TypeString, String: p.must("GET", key).Str}
	case "list":
		return Value{Type: TypeList, Elements: texts(p.must("LRANGE", key, "0", "-1"))}
	case "set":
		return Value{Type: TypeSet, Elements: texts(p.must("SMEMBERS", key))}
	case "zset":
		v := Value{Type: TypeZset}
		for pair := range slices.Chunk(texts(p.must("ZRANGE", key, "0", "-1", "WITHSCORES")), 2) {
			score, err := strconv.ParseFloat(string(pair[1]), 64)
			if err != nil {
				p.Fatal(err)
			}
			v.Members = append(v.Members, Member{pair[0], score})
		}
		return v
	case "hash":
		v := Value{Type: TypeHash}
		for pair := range slices.Chunk(texts(p.must("HGETALL", key)), 2) {
			v.Fields = append(v.Fields, Field{pair[0], pair[1]})
		}
		return v
	default:
		p.Fatalf("the type of %s is %q", key, typ)
		return Value{}
	}
}

// show writes a value so that two are shown the same if they mean the same.
func show(v Value) string {
	var b strings.Builder
	add := func(name string, s []byte) {
		b.WriteString(name)
		b.WriteString(strconv.Itoa(len(s)))
		b.WriteByte(':')
		b.Write(s)
	}
	b.WriteString("type " + strconv.Itoa(int(v.Type)))
	add(" string ", v.String)
	elements := v.Elements
	if v.Type == TypeSet {
		elements = slices.SortedFunc(slices.Values(elements), bytes.Compare)
	}
	for _, e := range elements {
		add(" element ", e)
	}
	for _, m := range slices.SortedFunc(slices.Values(v.Members), func(a, b Member) int { return bytes.Compare(a.Name, b.Name) }) {
		add(" member ", m.Name)
		add(" score ", strconv.AppendFloat(nil, m.Score, 'g', -1, 64))
	}
	for _, f := range slices.SortedFunc(slices.Values(v.Fields), func(a, b Field) int { return bytes.Compare(a.Name, b.Name) }) {
		add(" field ", f.Name)
		add(" value ", f.Value)
	}
	return b.String()
}

// diff says where two values differ, or nothing.
func diff(got, want Value) string {
	a, b := show(got), show(want)
	if a == b {
		return ""
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-50)
	return fmt.Sprintf("at %d\ngot  …%.150q\nwant …%.150q", at, a[from:], b[from:])
}

var encodingNames = map[Encoding]string{
	EncodingListpack: "listpack", EncodingIntset: "intset", EncodingHashtable: "hashtable",
	EncodingSkiplist: "skiplist", EncodingQuicklist: "quicklist",
}

// seal makes a payload of a body.
func seal(body []byte) []byte { return appendFooter(slices.Clip(body), 0, Version70) }
