package commands

import (
	"strings"
	"sync/atomic"

	"github.com/mnorrsken/postkeys/commands/access"
	"github.com/mnorrsken/postkeys/commands/settings"
)

// uses is what a server remembers of the use of keys. It sees the commands
// that it serves itself: other nodes have a memory of their own.
type uses struct {
	table *access.Table
	// counting says how to count uses; nil while maxmemory-policy is none of
	// the LFU ones, and nobody may ask for the count.
	counting atomic.Pointer[access.Counting]
	// shared reports whether small integers count as shared objects, which
	// they do not while Redis would keep the time of use in each object.
	shared atomic.Bool
}

func newUses(store *settings.Store, now int64) *uses {
	u := &uses{table: access.New(now)}
	apply := func(v *settings.Values) error {
		u.apply(v)
		return nil
	}
	u.apply(store.Values())
	store.OnChange(apply, settings.MaxMemory, settings.MaxMemoryPolicy, settings.LFULogFactor, settings.LFUDecayTime)
	return u
}

func (u *uses) apply(v *settings.Values) {
	policy := v.Text(settings.MaxMemoryPolicy)
	var counting *access.Counting
	if strings.HasSuffix(policy, "-lfu") {
		counting = &access.Counting{LogFactor: v.Int(settings.LFULogFactor), DecayMinutes: v.Int(settings.LFUDecayTime)}
	}
	u.counting.Store(counting)
	u.shared.Store(v.Int(settings.MaxMemory) == 0 || counting == nil && !strings.HasSuffix(policy, "-lru"))
}

// noteUses records that the keys of a call were used now, and which of them
// are gone. It may run again for a round that is repeated: that is one use too
// many at most.
func (c *Call) noteUses() {
	u, now := c.server().uses, c.job.started.Unix()
	counting := u.counting.Load()
	for i, claim := range c.claimed() {
		hash := claim.Hash
		if c.key(i).Exists() {
			u.table.Note(hash, now, counting)
		} else {
			u.table.Forget(hash)
		}
	}
}

// noteChanges records which keys of a quiet call are new or gone.
func (c *Call) noteChanges() {
	u, now := c.server().uses, c.job.started.Unix()
	for i, claim := range c.claimed() {
		hash := claim.Hash
		if c.key(i).Exists() {
			u.table.Begin(hash, now)
		} else {
			u.table.Forget(hash)
		}
	}
}
