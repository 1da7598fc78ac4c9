package commands

import (
	"sync"
	"time"

	"github.com/mnorrsken/postkeys/pg"
)

// keyspaceFigures are the numbers of keys that INFO shows. PostgreSQL has to
// walk the keyspace to count them. A small one is counted for every INFO; a
// large one at most as often as keeps counting below a twentieth of the time,
// so that an exporter that asks every few seconds does no harm.
type keyspaceFigures struct {
	mu      sync.Mutex
	stats   []pg.DatabaseStats
	counted time.Time
	took    time.Duration
}

const (
	// quickCount is a time for counting that does not matter.
	quickCount = 50 * time.Millisecond
	// countShare is the inverse of the share of time that counting may take.
	countShare = 20
)

// fresh reports whether the figures may be shown without counting again.
func (k *keyspaceFigures) fresh() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.took > quickCount && time.Since(k.counted) < countShare*k.took
}

// count brings the figures up to date. If PostgreSQL gave up, after its
// statement timeout, the old ones stay for a while.
func (k *keyspaceFigures) count(tx *pg.Tx) error {
	start := time.Now()
	stats, err := tx.Stats()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.counted, k.took = time.Now(), time.Since(start)
	if err == nil {
		k.stats = stats
	}
	return err
}

// get returns the figures as last counted. The slice MUST NOT be changed.
func (k *keyspaceFigures) get() []pg.DatabaseStats {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.stats
}
