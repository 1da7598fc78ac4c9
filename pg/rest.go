package pg

// What a connection keeps for its next unit of work - entries, lists of
// parameters, pgx's buffers - it keeps after a unit of usual size only.
const (
	// maxUsualBytes is how much a usual unit moves: what it was asked for, and
	// what goes to PostgreSQL and comes back.
	maxUsualBytes = 1 << 20
	// maxUsualRow is how long a row is that pgx's buffer has room for.
	maxUsualRow = 8 << 10
)

// Rest lets go of the memory of the units since the last Rest if they have moved
// much. asked is the size of the requests that they served: entries have parts of
// them. Call it between units, once their replies are on their way.
func (c *Conn) Rest(asked int) {
	usual := asked+c.moved <= maxUsualBytes
	c.moved = 0
	if usual {
		return
	}
	tx := &c.tx
	*tx = Tx{generation: tx.generation + 1}
	tx.init(c)
	c.queue = nil
	if c.longRow && !c.Broken() {
		// pgx gives a long buffer away when it reads on.
		_ = c.exchange() // a connection that fails is Broken
	}
	c.longRow = false
}

// noteRow counts a row that has been taken. A long one is let go: pgx keeps the
// last row of each connection.
func (c *Conn) noteRow(values [][]byte) {
	size := 0
	for _, v := range values {
		size += len(v)
	}
	c.moved += size
	if size > maxUsualRow {
		c.longRow = true
		clear(values)
	}
}
