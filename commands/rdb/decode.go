package rdb

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DefaultMaxBytes is enough for whatever is reasonable to restore with one command.
const DefaultMaxBytes = 1 << 30

// Decode reads a payload as DUMP makes it. The value refers to the memory of payload, which must not change while the
// value is in use.
//
// At most about maxBytes of memory are used besides that, whatever the payload says. Errors wrap one of those in
// errors.go. Contents are checked as thoroughly as Redis does with sanitize-dump-payload set to yes, and scores more so.
func Decode(payload []byte, maxBytes int) (Value, error) {
	if err := Verify(payload); err != nil {
		return Value{}, err
	}
	return decodeBody(payload[:len(payload)-footerBytes], maxBytes)
}

// decodeBody reads a payload without its footer. Like Redis it does not care for what follows the value.
func decodeBody(body []byte, maxBytes int) (Value, error) {
	d := decoder{data: body, budget: maxBytes}
	kind, err := d.take(1)
	if err != nil {
		return Value{}, err
	}
	v, err := d.value(kind[0])
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

// value reads what follows the first byte.
func (d *decoder) value(kind byte) (v Value, err error) {
	switch kind {
	case kindString:
		v.Type = TypeString
		v.String, err = d.string()
	case kindList, kindListZiplist, kindListQuicklist, kindListQuicklist2:
		v.Type, v.Encoding = TypeList, EncodingQuicklist
		v.Elements, err = d.list(kind)
	case kindSet, kindSetIntset, kindSetListpack:
		v.Type = TypeSet
		v.Elements, v.Encoding, err = d.set(kind)
	case kindZset, kindZset2, kindZsetZiplist, kindZsetListpack:
		v.Type = TypeZset
		v.Members, v.Encoding, err = d.zset(kind)
	case kindHash, kindHashZipmap, kindHashZiplist, kindHashListpack:
		v.Type = TypeHash
		v.Fields, v.Encoding, err = d.hash(kind)
	case kindStream, kindStream2, kindStream3:
		err = fmt.Errorf("%w: stream", ErrUnsupported)
	case kindModule, kindModulePre:
		err = fmt.Errorf("%w: value of a module", ErrUnsupported)
	default:
		err = ErrBadData
	}
	return v, err
}

// strings reads a number of strings, each of size elements.
func (d *decoder) strings(size uint64) ([][]byte, error) {
	n, err := d.count()
	if err != nil {
		return nil, err
	}
	elements := make([][]byte, 0, capacity(n))
	for ; n > 0; n-- {
		for range size {
			element, err := d.element()
			if err != nil {
				return nil, err
			}
			elements = append(elements, element)
		}
	}
	return elements, nil
}

// packed reads a string that is a whole collection.
func (d *decoder) packed(read func(dst [][]byte, b []byte) ([][]byte, error)) ([][]byte, error) {
	b, err := d.string()
	if err != nil {
		return nil, err
	}
	elements, err := read(nil, b)
	if err == nil && len(elements) == 0 {
		err = ErrBadData
	}
	return elements, err
}

func (d *decoder) list(kind byte) ([][]byte, error) {
	switch kind {
	case kindList:
		return d.strings(1)
	case kindListZiplist:
		return d.packed(d.ziplist)
	}
	return d.quicklist(kind)
}

// Containers of a quicklist's nodes.
const (
	nodePlain  = 1 // one element
	nodePacked = 2 // a listpack
)

// quicklist reads the nodes of a list. Empty ones are allowed as long as the list is not.
func (d *decoder) quicklist(kind byte) (elements [][]byte, err error) {
	nodes, err := d.count()
	if err != nil {
		return nil, err
	}
	for ; nodes > 0; nodes-- {
		container, read := uint64(nodePacked), d.ziplist
		if kind == kindListQuicklist2 {
			read = d.listpack
			if container, _, err = d.length(); err != nil {
				return nil, err
			}
		}
		b, err := d.string()
		switch {
		case err != nil:
			return nil, err
		case len(b) == 0:
			return nil, ErrBadData
		case container == nodePacked:
			if elements, err = read(elements, b); err != nil {
				return nil, err
			}
		case container == nodePlain:
			if err := d.charge(elementCost); err != nil {
				return nil, err
			}
			elements = append(elements, b)
		default:
			return nil, ErrBadData
		}
	}
	if len(elements) == 0 {
		return nil, ErrBadData
	}
	return elements, nil
}

func (d *decoder) set(kind byte) (elements [][]byte, encoding Encoding, err error) {
	switch kind {
	case kindSetIntset:
		b, err := d.string()
		if err != nil {
			return nil, 0, err
		}
		elements, err = d.intset(b) // ordered, so unique
		return elements, EncodingIntset, err
	case kindSetListpack:
		encoding = EncodingListpack
		elements, err = d.packed(d.listpack)
	default:
		encoding = EncodingHashtable
		elements, err = d.strings(1)
	}
	if err == nil && !unique(len(elements), func(i int) []byte { return elements[i] }) {
		err = ErrBadData
	}
	return elements, encoding, err
}

func (d *decoder) zset(kind byte) (members []Member, encoding Encoding, err error) {
	switch kind {
	case kindZsetZiplist:
		members, err = d.packedMembers(d.ziplist)
	case kindZsetListpack:
		members, err = d.packedMembers(d.listpack)
	case kindZset:
		encoding = EncodingSkiplist
		members, err = d.members(d.textScore)
	default:
		encoding = EncodingSkiplist
		members, err = d.members(d.binaryScore)
	}
	if err == nil && !unique(len(members), func(i int) []byte { return members[i].Name }) {
		err = ErrBadData
	}
	return members, encoding, err
}

// members reads names and scores in turn.
func (d *decoder) members(score func() (float64, error)) ([]Member, error) {
	n, err := d.count()
	if err != nil {
		return nil, err
	}
	members := make([]Member, 0, capacity(n))
	for ; n > 0; n-- {
		var m Member
		if m.Name, err = d.element(); err != nil {
			return nil, err
		}
		if m.Score, err = score(); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}

func (d *decoder) binaryScore() (float64, error) {
	b, err := d.take(8)
	if err != nil {
		return 0, err
	}
	score := math.Float64frombits(binary.LittleEndian.Uint64(b))
	if math.IsNaN(score) {
		return 0, ErrBadData
	}
	return score, nil
}

// packedMembers reads a string that holds names and scores in turn.
func (d *decoder) packedMembers(read func(dst [][]byte, b []byte) ([][]byte, error)) ([]Member, error) {
	elements, err := d.packed(read)
	if err != nil {
		return nil, err
	}
	if len(elements)%2 != 0 {
		return nil, ErrBadData
	}
	members := make([]Member, len(elements)/2)
	for i := range members {
		members[i].Name = elements[2*i]
		if members[i].Score, err = parseScore(elements[2*i+1]); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (d *decoder) hash(kind byte) (fields []Field, encoding Encoding, err error) {
	var elements [][]byte
	switch kind {
	case kindHashZipmap:
		elements, err = d.packed(d.zipmap)
	case kindHashZiplist:
		elements, err = d.packed(d.ziplist)
	case kindHashListpack:
		elements, err = d.packed(d.listpack)
	default:
		encoding = EncodingHashtable
		elements, err = d.strings(2)
	}
	if err != nil {
		return nil, 0, err
	}
	if len(elements)%2 != 0 || !unique(len(elements)/2, func(i int) []byte { return elements[2*i] }) {
		return nil, 0, ErrBadData
	}
	fields = make([]Field, len(elements)/2)
	for i := range fields {
		fields[i] = Field{Name: elements[2*i], Value: elements[2*i+1]}
	}
	return fields, encoding, nil
}
