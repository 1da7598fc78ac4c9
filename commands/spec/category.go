package spec

// Category is a set of ACL categories.
type Category uint32

// The ACL categories, in the order in which Redis lists them.
const (
	CatKeyspace Category = 1 << iota
	CatRead
	CatWrite
	CatSet
	CatSortedSet
	CatList
	CatHash
	CatString
	CatBitmap
	CatHyperLogLog
	CatGeo
	CatStream
	CatPubSub
	CatAdmin
	CatFast
	CatSlow
	CatBlocking
	CatDangerous
	CatConnection
	CatTransaction
	CatScripting
)

var categoryNames = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
	"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// CategoryNames returns the names of all categories, without "@", bit 0 first. The slice must not be modified.
func CategoryNames() []string { return categoryNames }

// CategoryByName returns the category of that name (without "@", in any case), or 0 if there is none.
func CategoryByName(name []byte) Category {
	for i, n := range categoryNames {
		if equalFold(name, n) {
			return 1 << i
		}
	}
	return 0
}

// ImpliedCategories returns the categories that follow from the flags of a command, given its explicit ones.
func ImpliedCategories(flags Flag, explicit Category) Category {
	var c Category
	if flags&Write != 0 {
		c |= CatWrite
	}
	// A script that promises not to write is still no plain read: @read must not grant it.
	if flags&ReadOnly != 0 && explicit&CatScripting == 0 {
		c |= CatRead
	}
	if flags&Admin != 0 {
		c |= CatAdmin | CatDangerous
	}
	if flags&PubSub != 0 {
		c |= CatPubSub
	}
	if flags&Blocking != 0 {
		c |= CatBlocking
	}
	if flags&Fast != 0 {
		c |= CatFast
	}
	if (c|explicit)&CatFast == 0 {
		c |= CatSlow
	}
	return c
}
