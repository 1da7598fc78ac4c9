package pg

import "errors"

// Type is the type of a key, a number below 16.
type Type uint8

// Types of keys. TypeNone is an absent key.
const (
	TypeNone Type = iota
	TypeString
	TypeList
	TypeSet
	TypeZset
	TypeHash
	TypeStream
)

// String returns the type's name as the command TYPE prints it.
func (t Type) String() string {
	return [...]string{"none", "string", "list", "set", "zset", "hash", "stream"}[t]
}

// Encoding remembers what the value alone does not tell about a key.
type Encoding uint8

// Encodings of strings.
const (
	EncodingNatural Encoding = iota // int, embstr or raw, as the value suggests
	EncodingRaw                     // modified in place: raw whatever the value
	EncodingText                    // never int: embstr or raw, as the length suggests
)

// Encodings of collections, as Redis names them. They follow Redis' rules; how
// a collection is stored depends on its size in bytes alone.
const (
	EncodingListpack Encoding = iota
	EncodingIntset
	EncodingHashtable
	EncodingSkiplist
	EncodingQuicklist
)

// kind is type and encoding as the column kind of kv_keys stores them.
type kind int16

func kindOf(t Type, enc Encoding) kind { return kind(t) | kind(enc)<<4 }

func (k kind) typ() Type          { return Type(k & 15) }
func (k kind) encoding() Encoding { return Encoding(k >> 4) }

// Mode says what a command does with a key, from the weakest claim to the
// strongest. A unit of work serves the strongest claim on each key.
type Mode uint8

const (
	// ModeRead reads the key as of the load.
	ModeRead Mode = iota
	// ModeBlind overwrites the key whatever it holds.
	ModeBlind
	// ModeUpdate reads the key, and no one else changes it until the commit.
	ModeUpdate
	// ModeStable is ModeUpdate for a key that may be absent and must be so when
	// the unit takes effect, even if the unit does not create it but writes others.
	ModeStable
)

// Part says how much of a key a command needs.
type Part uint8

const (
	// PartHeader is type, encoding, expiry and length.
	PartHeader Part = iota
	// PartValue adds the value of a string.
	PartValue
)

// row is what PostgreSQL holds under an entry, locked or not.
type row struct {
	exists bool
	tid    [6]byte // place of the row version; stable while the row is locked
	id     int64
	space  int32
	typ    Type
	coll   int64
	// movedID is the id after the renames of this unit, 0 before any.
	movedID int64
}

// currentID is the id that the row has by the time of the next rename.
func (r *row) currentID() int64 {
	if r.movedID != 0 {
		return r.movedID
	}
	return r.id
}

// change is what a commit has to write for an entry.
type change uint8

const (
	changedExpiry change = 1 << iota
	changedValue
	changedName
)

// Entry is one key inside a unit of work: the state it was loaded with, as
// changed by the commands applied since. It MUST NOT be used after the unit
// ended, nor after a flush inside it.
type Entry struct {
	tx   *Tx
	next *Entry // entries whose keys have the same hash
	db   int
	name []byte
	hash uint64

	// What is claimed.
	mode       Mode
	part       Part
	blindFirst bool // the first command overwrites the key
	planned    bool // waits for the next load

	// What PostgreSQL holds.
	loaded   bool
	locked   bool
	reserved bool     // the row only holds the lock of an absent key
	expired  bool     // the row has expired
	due      bool     // likewise, and it need not be locked
	purged   bool     // fields that had expired were removed, and TakePurged has not been called
	moved    bool     // the row has another key by now, and goes on holding this one
	row      row      // known while locked
	version  *Version // nil: not asked for
	// keptAbsent: a row of type none is in the way of others from the writes of
	// the unit to its end.
	keptAbsent bool

	// What the key is now.
	changes  change
	noted    int // its last place in Tx.changed, counted from 1
	typ      Type
	encoding Encoding
	whole    bool  // the value is here, not only its length
	expireAt int64 // milliseconds since 1970, 0 none; below 0 a time to live
	loadedAt int64 // the clock when the key was loaded, if expiries had to be compared with it
	length   int64
	value    []byte

	// What a collection is now; value follows with the commit.
	coll    int64 // where the elements are, 0 if they are packed in value
	needs   []*Needs
	sought  int64 // place where elements were loaded from with the key
	allOf   int64 // place all of whose members are being loaded
	asked   bool  // more was loaded after the key
	newType Type  // of an absent key that is about to be filled
	members *Members
	list    *List
}

// Name returns the key.
func (e *Entry) Name() []byte { return e.name }

// DB returns the database index.
func (e *Entry) DB() int { return e.db }

// Tx returns the unit of work that the entry is part of.
func (e *Entry) Tx() *Tx { return e.tx }

// Exists reports whether the key exists; an expired one does not.
func (e *Entry) Exists() bool { return e.typ != TypeNone }

// Expired reports whether the key is absent since what stands in its place has
// expired: the unit has locked that and not written the key yet.
func (e *Entry) Expired() bool { return e.expired && e.changes == 0 }

// TakePurged reports, once, whether the load has removed fields from a hash since
// they had expired. The hash is gone if it had no others.
func (e *Entry) TakePurged() bool {
	purged := e.purged
	e.purged = false
	return purged
}

// Type returns the key's type, TypeNone if it does not exist.
func (e *Entry) Type() Type { return e.typ }

// Encoding returns the stored hint about the representation.
func (e *Entry) Encoding() Encoding { return e.encoding }

// Changed reports whether the unit has changed the key so far.
func (e *Entry) Changed() bool { return e.changes != 0 }

// Value returns a string's value. The caller MUST NOT modify it. The entry
// must have been asked for with PartValue.
func (e *Entry) Value() []byte { return e.value }

// Len returns the length of a string's value in bytes; PartHeader suffices.
func (e *Entry) Len() int64 { return e.length }

// Has reports whether as much of the key is here as part says. A key that was
// claimed for its value may lose it to [Tx.Rename], which carries no more than
// was loaded under the old name.
func (e *Entry) Has(part Part) bool {
	return part == PartHeader || e.whole || e.typ != TypeString
}

// ExpireAt returns the expiry in milliseconds since 1970, 0 if there is none.
// After SetTTL it needs the database's clock, see [Tx.Now].
func (e *Entry) ExpireAt() (int64, error) {
	if e.expireAt < 0 {
		now, err := e.tx.Now()
		if err != nil {
			return 0, err
		}
		e.expireAt = now - e.expireAt
	}
	return e.expireAt, nil
}

// Lock makes sure that a key which was claimed for reading may be changed after
// all. Unless it is locked already, or written by the unit, the error tells the
// caller to run the unit again, which locks what it reads then.
func (e *Entry) Lock() error {
	if e.serves(ModeUpdate, PartHeader) {
		return nil
	}
	e.tx.c.next.lockReads = true
	return &Error{KindRetry, errors.New("a key that was read is to be changed")}
}

// SetString makes the key a string with this value. An existing expiry stays;
// see SetExpireAt. The value is kept, not copied, until the unit ends.
func (e *Entry) SetString(v []byte, enc Encoding) {
	e.clearCollection()
	e.typ, e.encoding, e.value, e.length = TypeString, enc, v, int64(len(v))
	e.whole = true
	e.touch(changedValue)
}

// Replace makes the key a string with this value and no expiry, whatever it
// was. The value is kept, not copied, until the unit ends.
func (e *Entry) Replace(v []byte, enc Encoding) {
	e.expireAt = 0
	e.SetString(v, enc)
}

// SetTTL makes the key expire ms milliseconds after the database's clock as it
// stands when the unit writes. ms must be positive. It serves blind writes,
// which have no reading of the clock; ExpireAt and SetExpireAt come first
// wherever the clock is known.
func (e *Entry) SetTTL(ms int64) {
	e.expireAt = -ms
	e.touch(changedExpiry)
}

// SetExpireAt sets the expiry to an instant in milliseconds since 1970, or
// removes it if ms is 0. An instant that has passed deletes the key. The key
// must exist and MUST have been claimed with ModeUpdate or ModeStable.
func (e *Entry) SetExpireAt(ms int64) {
	switch {
	case ms != 0 && ms <= e.tx.now:
		e.Delete()
	case e.expireAt != ms:
		e.expireAt = ms
		e.touch(changedExpiry)
	}
}

// Delete removes the key and reports whether it existed.
func (e *Entry) Delete() bool {
	existed := e.Exists()
	e.clearCollection()
	e.typ, e.encoding, e.value, e.length, e.expireAt = TypeNone, 0, nil, 0, 0
	e.whole = true
	if existed {
		e.touch(changedValue)
	}
	return existed
}

// clearCollection forgets the collection that the key was.
func (e *Entry) clearCollection() {
	e.coll = 0
	if e.members != nil {
		e.members.reset()
	}
	if e.list != nil {
		e.list.reset()
	}
}

// SetEncoding notes the representation that OBJECT ENCODING tells.
func (e *Entry) SetEncoding(enc Encoding) {
	if e.encoding != enc {
		e.encoding = enc
		e.touch(changedValue)
	}
}

// touch notes a change for the commit.
func (e *Entry) touch(c change) {
	if e.changes == 0 {
		e.tx.dirty = append(e.tx.dirty, e)
	}
	e.changes |= c
	e.tx.noteChange(e)
}
