package pg

import "errors"

// The sweeper removes expired keys and frees the rows of dropped spaces. It
// looks at the table window by window in the order of pages: no index on the
// expiry makes writers pay, and a window costs the same whatever is in it.
// Several nodes may sweep at once; locked rows are passed over. Hashes of which
// only some fields have expired are named for a unit of work to see to; packed
// ones wait for their next write.
const sqlSweep = `
WITH hit AS MATERIALIZED (
    SELECT ctid AS tid, expire_at IS NOT NULL OR ` + sweepFieldsExpire + ` AS volatile,
           kind & 15 = 0 OR coalesce(expire_at <= (SELECT kv_now_ms()), false) OR ` + sweepFieldsExpired + ` AS expired,
           CASE WHEN kind & 15 = 5 AND coll IS NOT NULL THEN (
               SELECT f.expire_at FROM kv_hashes f WHERE f.coll = k.coll AND f.expire_at IS NOT NULL ORDER BY f.expire_at LIMIT 1
           ) END AS field_expire_at,
           space IN (SELECT space FROM kv_dropped_spaces) AS dropped, CASE WHEN $5::bigint > 0 THEN expire_at END AS at
    FROM kv_keys k
    WHERE ctid >= format('(%s,0)', $1::bigint)::tid AND ctid < format('(%s,0)', $1::bigint + $2::bigint)::tid
), victim AS MATERIALIZED (
    SELECT k.ctid AS tid FROM kv_keys k JOIN hit ON k.ctid = hit.tid
    WHERE (hit.expired AND $3 OR hit.dropped)
      AND (k.expire_at <= (SELECT kv_now_ms()) OR hit.dropped OR ` + sweepFieldsExpired + `)
    LIMIT $4
    FOR UPDATE OF k SKIP LOCKED
), gone AS (
    DELETE FROM kv_keys k USING victim WHERE k.ctid = victim.tid
    RETURNING k.space, k.key, k.long_key, k.coll, k.kind
), dropped AS (
    INSERT INTO kv_dropped_colls (coll, type) SELECT coll, kind & 15 FROM gone WHERE coll IS NOT NULL
)
SELECT (SELECT count(*) FROM hit WHERE volatile OR field_expire_at IS NOT NULL), (SELECT count(*) FROM hit),
       d.db, found.key, found.long_key,
       (SELECT pg_relation_size('kv_keys') / current_setting('block_size')::bigint), found.due, found.in_ms
FROM (SELECT 1) one LEFT JOIN (
    SELECT space, key, long_key, false AS due, NULL::bigint AS in_ms FROM gone
    UNION ALL
    SELECT k.space, k.key, k.long_key, true, NULL FROM hit JOIN kv_keys k ON k.ctid = hit.tid
    WHERE hit.field_expire_at <= (SELECT kv_now_ms()) AND $3 AND NOT hit.expired AND NOT hit.dropped
    UNION ALL
    (SELECT k.space, k.key, k.long_key, false, k.expire_at - (SELECT kv_now_ms()) FROM hit JOIN kv_keys k ON k.ctid = hit.tid
    WHERE $5::bigint > 0 AND hit.at <= (SELECT kv_now_ms()) + $5::bigint AND NOT hit.expired AND NOT hit.dropped AND k.expire_at IS NOT NULL
    LIMIT 1000)
) found ON true LEFT JOIN kv_databases d ON d.space = found.space`

// sweepFieldsExpire tells of a row of kv_keys whether it is a packed hash with
// fields that expire, and sweepFieldsExpired whether nothing of it is left.
const (
	sweepFieldsExpire  = `(CASE WHEN kind & 15 = 5 AND coll IS NULL THEN get_byte(value, 0) & 1 = 1 ELSE false END)`
	sweepFieldsExpired = `
           (CASE WHEN kind & 15 = 5 AND coll IS NULL THEN kv_fields_expired(value, (SELECT kv_now_ms())) ELSE false END)`
)

const (
	// sweepWindow is the number of pages looked at in one step.
	sweepWindow = 256
	// sweepBatch is the most rows that one step removes: whoever writes one of
	// them waits until the step is committed.
	sweepBatch = 1000
)

// Sweeper remembers how far one node's sweep has come. It belongs to one
// goroutine.
type Sweeper struct {
	// Soon is called, unless it is nil, with keys that expire within SoonMs, up to 1,000
	// for a step. Their names are its to keep.
	Soon   func(Volatile)
	SoonMs int64

	page, pages int64
	collector   Collector
}

// Steps returns how many steps a pass has.
func (s *Sweeper) Steps() int64 { return s.pages/sweepWindow + 1 }

// SweepResult tells what one step found.
type SweepResult struct {
	Rows     int64 // rows looked at
	Volatile int64 // rows with an expiry, of the key or of a field, among them
	Expired  int64 // expired keys removed
	Freed    int64 // rows of flushed databases and dropped collections removed, and hashes relieved of fields
	More     bool  // the window has more to remove
	Behind   bool  // more collections have been dropped than one step frees
	Wrapped  bool  // the step reached the end of the table
}

// Step looks at the next window, or again at one that has more than it takes
// away at a time, and removes what has expired (if expire is true) and what
// belongs to dropped spaces; and it frees elements of dropped collections.
// onExpired is called for each expired key once the removal is durable, and for
// each hash that fields were removed from, with the type that is left.
func (s *Sweeper) Step(c *Conn, expire bool, onExpired func(db int, name []byte, left Type)) (r SweepResult, err error) {
	type expired struct {
		db   int
		name []byte
	}
	var names, due []expired
	soon := s.SoonMs
	if s.Soon == nil {
		soon = 0
	}
	c.send(stmtSweep, func(v [][]byte) error {
		if len(v) != 8 {
			return errShape(stmtSweep, v)
		}
		r.Volatile, r.Rows, s.pages = asInt(v[0]), asInt(v[1]), asInt(v[5])
		switch {
		case v[3] == nil:
		case v[7] != nil:
			if v[2] != nil {
				db, name := int(asInt(v[2])), append([]byte{}, fullName(v[3], v[4])...)
				s.Soon(Volatile{DB: db, Name: name, Hash: HashKey(db, name), InMs: max(asInt(v[7]), 1)})
			}
		case v[2] == nil:
			r.Freed++
		default:
			key := expired{int(asInt(v[2])), append([]byte{}, fullName(v[3], v[4])...)}
			if v[6][0] != 0 {
				due = append(due, key)
				break
			}
			r.Expired++
			names = append(names, key)
		}
		return nil
	}, int8Param(s.page), int8Param(sweepWindow), boolParam(expire), int8Param(sweepBatch), int8Param(soon))
	if err := c.sync(); err != nil {
		return SweepResult{}, classify(err)
	}
	if r.More = r.Expired+r.Freed >= sweepBatch; !r.More {
		s.page += sweepWindow
	}
	if s.page >= s.pages {
		s.page, r.Wrapped = 0, true
	}
	for _, e := range names {
		onExpired(e.db, e.name, TypeNone)
	}
	for _, e := range due {
		switch left, purged, err := c.expireFields(e.db, e.name); {
		case err == nil && purged:
			onExpired(e.db, e.name, left)
		case err != nil && KindOf(err) != KindRetry:
			return r, err
		}
		r.Freed++
	}
	collected, err := s.collector.Step(c)
	r.Freed += collected.Rows
	r.Behind = collected.More
	return r, err
}

// A dropped space is forgotten when no row can come into it any more: every
// transaction that might have resolved a database index to it has ended, and a
// look at the index finds nothing.
const (
	sqlMarkHorizon = `
UPDATE kv_dropped_spaces SET horizon = pg_snapshot_xmax(pg_current_snapshot()) WHERE horizon IS NULL`
	sqlForgetSpaces = `
DELETE FROM kv_dropped_spaces s
WHERE s.horizon < pg_snapshot_xmin(pg_current_snapshot())
  AND NOT EXISTS (SELECT FROM kv_keys k WHERE (k.space + 0) = s.space)`
)

// Housekeeping does what is due once in a while: it forgets dropped spaces
// that are empty and writers that are long gone.
func (c *Conn) Housekeeping() error {
	for _, sql := range []string{sqlMarkHorizon, sqlForgetSpaces, sqlForgetWriters} {
		if err := c.execSQL(sql); err != nil {
			return err
		}
	}
	return nil
}

var errClosed = &Error{KindUnavailable, errors.New("the connection is closed")}

// execSQL runs a statement that is too rare to be prepared.
func (c *Conn) execSQL(sql string) error {
	if c.Broken() {
		return errClosed
	}
	c.sendText(sql)
	if err := c.sync(); err != nil {
		return classify(err)
	}
	return nil
}
