package rdb

// Type is what a value is.
type Type uint8

// Types of values.
const (
	TypeString Type = iota + 1
	TypeList
	TypeSet
	TypeZset
	TypeHash
)

// Encoding is how a Redis server lays out a collection; OBJECT ENCODING shows it. Strings have none here: Redis
// chooses theirs by their value.
type Encoding uint8

// Encodings of collections. Lists are quicklists in every payload; Redis 7.2 shows a short one as a listpack.
const (
	EncodingListpack  Encoding = iota // sets (from Redis 7.2 on), sorted sets and hashes
	EncodingIntset                    // sets
	EncodingHashtable                 // sets and hashes
	EncodingSkiplist                  // sorted sets
	EncodingQuicklist                 // lists
)

// Value is what a payload holds.
//
// Decode sets Encoding to what the payload has; the encodings of old versions count as the ones that replaced them.
// Encode writes the Encoding that it finds, as far as the value allows it.
type Value struct {
	Type     Type
	Encoding Encoding

	String   []byte   // of a string
	Elements [][]byte // of a list from head to tail, or the members of a set in any order
	Members  []Member // of a sorted set in any order
	Fields   []Field  // of a hash in any order
}

// Member is a member of a sorted set.
type Member struct {
	Name  []byte
	Score float64
}

// Field is a field of a hash.
type Field struct{ Name, Value []byte }

// Kinds of values as the first byte of a payload names them.
const (
	kindString         = 0
	kindList           = 1 // linked list
	kindSet            = 2 // hashtable
	kindZset           = 3 // scores as text
	kindHash           = 4 // hashtable
	kindZset2          = 5 // scores as binary64
	kindModulePre      = 6
	kindModule         = 7
	kindHashZipmap     = 9
	kindListZiplist    = 10
	kindSetIntset      = 11
	kindZsetZiplist    = 12
	kindHashZiplist    = 13
	kindListQuicklist  = 14 // nodes are ziplists
	kindStream         = 15
	kindHashListpack   = 16
	kindZsetListpack   = 17
	kindListQuicklist2 = 18 // nodes are listpacks or single elements
	kindStream2        = 19
	kindSetListpack    = 20 // from version 11 on
	kindStream3        = 21
)
