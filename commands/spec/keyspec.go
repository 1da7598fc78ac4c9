package spec

// KeyFlags says what a command does to one of its keys.
type KeyFlags uint16

// The key flags. One of the first four is always set: what happens to the key as a whole. The next four tell what
// happens to the data of the user in it.
const (
	KeyRO KeyFlags = 1 << iota // reads the value
	KeyRW                      // modifies the value
	KeyOW                      // overwrites the value without looking at it
	KeyRM                      // deletes the key

	KeyAccess // returns, copies or uses data of the user
	KeyUpdate // changes data, depending on what was there
	KeyInsert // adds data, changes none
	KeyDelete // deletes some of the data

	NotKey           // routed like a key, but names something else
	KeyIncomplete    // there may be keys that the spec does not find
	KeyVariableFlags // the flags depend on the arguments
)

var keyFlagNames = []flagName[KeyFlags]{
	{KeyRO, "RO"},
	{KeyRW, "RW"},
	{KeyOW, "OW"},
	{KeyRM, "RM"},
	{KeyAccess, "access"},
	{KeyUpdate, "update"},
	{KeyInsert, "insert"},
	{KeyDelete, "delete"},
	{NotKey, "not_key"},
	{KeyIncomplete, "incomplete"},
	{KeyVariableFlags, "variable_flags"},
}

// KeySpec finds keys among the arguments in two steps: where they begin, and which arguments from there on are keys.
type KeySpec struct {
	Notes string
	Flags KeyFlags
	Begin BeginSearch
	Find  FindKeys
}

// BeginKind tells how the first key is found.
type BeginKind uint8

// The ways to find the first key.
const (
	BeginUnknown BeginKind = iota // only the command itself knows
	BeginIndex                    // at BeginSearch.Index
	BeginKeyword                  // after the argument BeginSearch.Keyword
)

// BeginSearch finds the first key.
type BeginSearch struct {
	Kind    BeginKind
	Index   int
	Keyword string
	// StartFrom is the index at which the search for the keyword starts; negative: from the end, backwards.
	StartFrom int
}

// FindKind tells how the other keys are found.
type FindKind uint8

// The ways to find all keys once the first is known.
const (
	FindUnknown FindKind = iota // only the command itself knows
	FindRange                   // up to FindKeys.LastKey
	FindKeyNum                  // an argument holds their number
)

// FindKeys finds all keys from the place where they begin.
type FindKeys struct {
	Kind FindKind
	// LastKey is relative to the first key; negative: counted from the last argument, which is -1.
	LastKey int
	// Step is the distance between two keys.
	Step int
	// Limit, with LastKey -1, takes only the 1/Limit-th part of the remaining arguments; 0 and 1 mean all.
	Limit int
	// NumIndex is where the number of keys stands and FirstKey where the first is, relative to the beginning.
	NumIndex, FirstKey int
}

// keyAt describes one key at a fixed place.
func keyAt(index int, flags KeyFlags) KeySpec { return keyRange(index, 0, 1, flags) }

// keyRange describes keys from a fixed place on.
func keyRange(index, last, step int, flags KeyFlags) KeySpec {
	return KeySpec{
		Flags: flags,
		Begin: BeginSearch{Kind: BeginIndex, Index: index},
		Find:  FindKeys{Kind: FindRange, LastKey: last, Step: step},
	}
}

// countedKeys describes keys after their number, which stands at index.
func countedKeys(index int, flags KeyFlags) KeySpec {
	return KeySpec{
		Flags: flags,
		Begin: BeginSearch{Kind: BeginIndex, Index: index},
		Find:  FindKeys{Kind: FindKeyNum, FirstKey: 1, Step: 1},
	}
}

// keyAfter describes a key after a word, which is looked for from an index on.
func keyAfter(word string, from int, flags KeyFlags) KeySpec {
	return KeySpec{
		Flags: flags,
		Begin: BeginSearch{Kind: BeginKeyword, Keyword: word, StartFrom: from},
		Find:  FindKeys{Kind: FindRange, Step: 1},
	}
}

// withNotes returns the key spec with a remark for readers of COMMAND INFO.
func (k KeySpec) withNotes(text string) KeySpec {
	k.Notes = text
	return k
}

// legacyRange is the one range that clients older than key specs know.
type legacyRange struct{ first, last, step int }

// legacyOf merges those key specs that are plain consecutive ranges. movable tells that this leaves keys out.
func legacyOf(specs []KeySpec) (r legacyRange, movable bool) {
	if len(specs) == 0 {
		return r, false
	}
	if k := specs[0]; len(specs) == 1 && k.plainRange() {
		return legacyRange{k.Begin.Index, k.absoluteLast(), k.Find.Step}, k.Flags&KeyIncomplete != 0
	}
	for _, k := range specs {
		if !k.plainRange() || k.Find.Step != 1 || (r.last != 0 && r.last != k.Begin.Index-1) {
			movable = true
			continue
		}
		movable = movable || k.Flags&KeyIncomplete != 0
		if r.first == 0 || k.Begin.Index < r.first {
			r.first = k.Begin.Index
		}
		// A negative index lies behind all others, which the comparison as unsigned numbers expresses.
		if last := k.absoluteLast(); uint(last) > uint(r.last) {
			r.last = last
		}
		r.step = 1
	}
	return r, movable || r.first == 0
}

func (k *KeySpec) plainRange() bool {
	return k.Begin.Kind == BeginIndex && k.Find.Kind == FindRange
}

// absoluteLast is the index of the last key of a plain range, or negative when counted from the end.
func (k *KeySpec) absoluteLast() int {
	if k.Find.LastKey < 0 {
		return k.Find.LastKey
	}
	return k.Begin.Index + k.Find.LastKey
}
