package pg

import (
	"bytes"
	"errors"
	"hash/maphash"
	"slices"
)

// hashSeed is one for the process, so that the hash of a key is computed once,
// where a request is decoded, and used everywhere.
var hashSeed = maphash.MakeSeed()

// HashKey returns the hash of a key that [Tx.Plan] and schedulers use. Equal
// keys have equal hashes within one process.
func HashKey(db int, name []byte) uint64 {
	return maphash.Bytes(hashSeed, name) ^ uint64(db)*0x9e3779b97f4a7c15
}

// Tx is one unit of work: Plan what is known up front, Load, read and change
// entries, then Commit or Rollback. It belongs to the goroutine that owns its
// Conn, and the Conn's next unit uses it again.
//
// A unit that locks nothing reads in autocommit and writes, blindly, in one
// implicit transaction. A unit that locks runs in an explicit transaction from
// its load to its commit.
type Tx struct {
	c *Conn

	entries map[uint64]*Entry
	list    []*Entry // every entry
	planned []*Entry // those that wait for a load
	dirty   []*Entry // those with changes

	generation uint64 // grows whenever entries become invalid

	open      bool  // BEGIN was sent
	reads     bool  // the transaction that is open may only read
	orderly   bool  // loads give every key that they lock a row: the unit has lost a race
	excludes  bool  // nobody else has locked or written a key
	hurried   bool  // no lock is waited for for long any more
	wrote     bool  // Flush has written something
	now       int64 // latest reading of the database's clock, 0 if none
	micros    int64 // the same in microseconds; 0 if it was read with rows only
	spaces    []spaceSeen
	changed   []Change
	marked    int  // how many of them were there when Mark was called last
	watches   bool // volatiles are kept
	volatiles []Volatile
	gone      []row  // rows that lost their key to another row
	copied    []row  // elements without a row so far
	moves     []move // rows that get another key, in the order of commands

	wantsEpochs bool
	epochs      ScriptEpochs // zero if not loaded
	epochsOwn   bool         // the unit has begun one

	colls   map[int64]*Members // by where their rows are
	looking []wanted           // members to be looked for
	ranges  []interval         // for the needs of one list
	due     []*Members         // hashes with fields that may have expired
	answers map[string]*answer // to questions that were asked with the load

	// How the unit runs, as the one before it has found necessary.
	readOnly  bool // it sees one state of the database
	hold      bool // and goes on seeing it after the load
	lockReads bool // keys that are only read are locked too
	careful   bool // blind writes look first

	// Keys that are locked behind the first load, see noteLate.
	loads       int       // so far
	late, again []lateKey // in this unit and in the one before
	top         lateKey   // the last one in order that is locked

	buffers              writeBuffers
	slabs                slabs
	readRow0, lockedRow0 func([][]byte) error
}

// spaceSeen is the space in which a transaction found the rows of a database
// index. New rows go there too, though FLUSHDB may have come in between.
type spaceSeen struct {
	db    int
	space int32
}

// move is a locked row that is to get another key.
type move struct {
	loaded     int64 // the row's id as loaded
	id, newID  int64 // the row's id before and after the move
	fromDB, db int
	name       []byte
}

func (tx *Tx) init(c *Conn) {
	tx.c = c
	tx.entries = make(map[uint64]*Entry)
	tx.colls = make(map[int64]*Members)
	tx.answers = make(map[string]*answer)
	tx.readRow0 = func(v [][]byte) error { return tx.takeRow(0, false, v) }
	tx.lockedRow0 = func(v [][]byte) error { return tx.takeRow(0, true, v) }
}

// Begin starts a unit of work on the connection. The one before MUST have
// ended.
func (c *Conn) Begin() *Tx {
	tx := &c.tx
	tx.forget()
	tx.open, tx.reads, tx.wrote, tx.now, tx.micros = false, false, false, 0, 0
	tx.spaces = tx.spaces[:0]
	tx.resetChanges()
	tx.resetVolatiles()
	tx.wantsEpochs, tx.epochs, tx.epochsOwn = false, ScriptEpochs{}, false
	tx.readOnly, tx.hold, tx.lockReads, tx.careful = false, c.next.snapshot, c.next.lockReads, c.next.careful
	tx.orderly, tx.excludes, tx.hurried = c.next.orderly, c.next.excludes, false
	tx.resetLate(c.next.late)
	c.next = nextUnit{}
	return tx
}

// HoldSnapshot makes a unit see one state of the database in all its
// statements. The unit MUST NOT lock or write anything. Call it before the
// first load.
func (tx *Tx) HoldSnapshot() {
	if tx.lockReads {
		return // what is read is locked instead
	}
	if !tx.open {
		tx.c.send(stmtBeginRead, nil)
		tx.reads = true
	}
	tx.open, tx.readOnly, tx.hold = true, true, true
}

// Generation is a number that changes whenever entries become invalid.
func (tx *Tx) Generation() uint64 { return tx.generation }

// forget drops every entry.
func (tx *Tx) forget() {
	tx.generation++
	clear(tx.entries)
	clear(tx.colls)
	clear(tx.answers)
	tx.due = tx.due[:0]
	tx.list, tx.planned, tx.dirty = tx.list[:0], tx.planned[:0], tx.dirty[:0]
	tx.gone, tx.moves, tx.copied = tx.gone[:0], tx.moves[:0], tx.copied[:0]
	tx.slabs.reset()
}

// Plan says that a command will use a key and returns the key's entry, which
// is to be used after the next Load. hash MUST be HashKey(db, name). name is
// kept, not copied, until the unit ends. Call it in the order of the commands:
// after a blind write of a key, later commands see what was written.
func (tx *Tx) Plan(db int, name []byte, hash uint64, mode Mode, part Part) *Entry {
	if tx.careful && mode == ModeBlind {
		mode = ModeUpdate
	}
	e := tx.find(hash, db, name)
	if e == nil {
		e = tx.slabs.entry()
		*e = Entry{tx: tx, next: tx.entries[hash], db: db, name: name, hash: hash, needs: e.needs[:0], mode: mode, part: part, blindFirst: mode == ModeBlind}
		tx.entries[hash] = e
		tx.list = append(tx.list, e)
	} else {
		e.mode, e.part = max(e.mode, mode), max(e.part, part)
	}
	if !e.planned && !e.loaded && (!e.blindFirst || mode == ModeStable) {
		tx.schedule(e)
	}
	return e
}

// Entry returns the entry of a key that was not planned, or needs more of one
// that was, loading it if necessary. What the unit has changed so far may be
// written to PostgreSQL first: entries obtained earlier MUST NOT be used any
// more.
func (tx *Tx) Entry(db int, name []byte, mode Mode, part Part, needs *Needs) (*Entry, error) {
	hash := HashKey(db, name)
	e := tx.find(hash, db, name)
	if e != nil && e.serves(mode, part) {
		e.mode = max(e.mode, mode)
		return e, nil
	}
	if e != nil {
		if err := tx.Flush(); err != nil {
			return nil, err
		}
	}
	e = tx.Plan(db, name, hash, mode, part)
	e.Need(needs)
	return e, tx.Load()
}

// Hold has a key of the unit that was claimed with ModeUpdate stay absent until the
// commit, if it is absent: as if it had been claimed with ModeStable.
func (tx *Tx) Hold(db int, name []byte, hash uint64) {
	if e := tx.find(hash, db, name); e != nil && e.mode == ModeUpdate {
		e.mode = ModeStable
	}
}

// Serves reports whether a key can be planned without Flush: it is not part of
// the unit yet, or as much of it is here, and as firmly, as a claim asks for.
func (tx *Tx) Serves(db int, name []byte, hash uint64, mode Mode, part Part) bool {
	e := tx.find(hash, db, name)
	return e == nil || e.serves(mode, part)
}

// Overwritten reports whether the unit has written a key without a look at what
// was there: what it is now is the unit's own, whoever else writes it.
func (tx *Tx) Overwritten(db int, name []byte, hash uint64) bool {
	e := tx.find(hash, db, name)
	return e != nil && e.blindFirst && !e.loaded && e.changes&changedValue != 0
}

// serves reports whether the entry as it stands satisfies a claim.
func (e *Entry) serves(mode Mode, part Part) bool {
	if !e.loaded && e.changes == 0 && (!e.blindFirst || mode != ModeBlind) {
		return false
	}
	if part > PartHeader && !e.whole {
		return false
	}
	switch mode {
	case ModeUpdate:
		return e.locked || e.changes&changedValue != 0
	case ModeStable:
		return e.locked
	default:
		return true
	}
}

// schedule puts an entry on the list of the next load.
func (tx *Tx) schedule(e *Entry) {
	e.planned = true
	tx.planned = append(tx.planned, e)
}

func (tx *Tx) find(hash uint64, db int, name []byte) *Entry {
	for e := tx.entries[hash]; e != nil; e = e.next {
		if e.db == db && string(e.name) == string(name) {
			return e
		}
	}
	return nil
}

// Load brings what was planned, in one round trip. It locks the keys that will
// be updated, in the order of their names.
func (tx *Tx) Load() error {
	tx.planLate()
	tx.loads++
	if err := tx.goesOnToWrite(); err != nil {
		return err
	}
	lock := tx.open && !tx.readOnly || tx.lockReads
	for _, e := range tx.planned {
		lock = lock || e.mode >= ModeUpdate
	}
	if len(tx.planned) == 0 {
		return nil
	}
	if !lock && !tx.open && (tx.anyPlace() || tx.hold) {
		if tx.hold && tx.claimsWrites() {
			// A transaction that goes on until the writes can't be one that
			// only reads: locks keep what is read as it is.
			tx.lockReads, lock = true, true
		} else {
			tx.c.send(stmtBeginRead, nil)
			tx.open, tx.reads, tx.readOnly = true, true, true
		}
	}
	if lock && !tx.open {
		// Keys to be written blindly are locked with the others: an upsert
		// after the load would take locks out of order. What has been written
		// already stays as it is: a load would undo it.
		for _, e := range tx.list {
			if !e.planned && !e.loaded && e.changes == 0 {
				tx.schedule(e)
			}
		}
		tx.begin()
	}
	slices.SortFunc(tx.planned, compareLoads)
	if lock {
		tx.noteLate()
	}
	for rest := tx.planned; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].db == rest[0].db && rest[n].wantsLock() == rest[0].wantsLock() {
			n++
		}
		tx.queueLoad(rest[0].db, rest[:n], rest[0].wantsLock())
		rest = rest[n:]
	}
	if lock {
		// Behind the locks: what a unit calls now is later than what the one
		// called so that held its keys before.
		tx.queueClock()
	}
	for _, e := range tx.planned {
		if p, ok := tx.c.places[e.hash]; ok && len(e.needs) > 0 {
			e.sought = p.coll
			tx.queueNeeds(e, p)
		}
	}
	if err := tx.queueVersions(); err != nil {
		return tx.failed(err)
	}
	if tx.wantsEpochs {
		tx.queueEpochs()
	}
	tx.queueFinds()
	ends := tx.readOnly && !tx.hold
	if ends {
		tx.c.send(stmtCommit, nil)
	}
	if err := tx.c.sync(); err != nil { // which PostgreSQL skips the COMMIT after
		return tx.failed(err)
	}
	if ends {
		tx.open = false
	}
	tx.foundNot()
	err := tx.finishLoad()
	if err == nil {
		err = tx.expireDue()
	}
	if err == nil {
		err = tx.loadMissed()
	}
	tx.planned = tx.planned[:0]
	return err
}

// goesOnToWrite ends a unit that is in a transaction which may only read and
// now claims a key for more: it begins again with locks.
func (tx *Tx) goesOnToWrite() error {
	if !tx.open || !tx.readOnly || !tx.claimsWrites() {
		return nil
	}
	return tx.lockReadsNext()
}

// lockReadsNext ends a unit that sees one state of the database and is to write: it
// begins again, and locks what it reads.
func (tx *Tx) lockReadsNext() error {
	tx.Rollback()
	tx.c.next.lockReads = true
	return &Error{KindRetry, errors.New("a unit that only read goes on to write")}
}

// claimsWrites reports whether a key has been claimed for more than reading.
func (tx *Tx) claimsWrites() bool {
	for _, e := range tx.list {
		if e.mode != ModeRead {
			return true
		}
	}
	return false
}

// anyPlace reports whether elements will be loaded with the keys. If a key is
// one of which more had to be loaded lately, the unit keeps its state of the
// database for that.
func (tx *Tx) anyPlace() bool {
	if len(tx.c.places) == 0 {
		return false
	}
	found := false
	for _, e := range tx.planned {
		if p, ok := tx.c.places[e.hash]; ok && len(e.needs) > 0 {
			found = true
			tx.hold = tx.hold || p.stages
		}
	}
	return found
}

// loadMissed loads the elements of keys that turned out to have them elsewhere
// than remembered. A unit that only reads runs again: what it saw is over.
func (tx *Tx) loadMissed() error {
	missed := false
	for _, e := range tx.planned {
		if len(e.needs) == 0 {
			continue
		}
		tx.c.remember(e)
		if e.coll == 0 || e.coll == e.sought {
			e.finishAll()
			continue
		}
		if !tx.open {
			missed = true
			continue
		}
		e.sought = e.coll
		tx.queueNeeds(e, tx.c.places[e.hash])
		missed = true
	}
	if !missed {
		return nil
	}
	if !tx.open {
		return &Error{KindRetry, errors.New("a collection is read in parts")}
	}
	tx.queueFinds()
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	tx.foundNot()
	for _, e := range tx.planned {
		e.finishAll()
	}
	return nil
}

// finishAll notes that all members have been loaded, if they have.
func (e *Entry) finishAll() {
	if e.allOf != 0 && e.allOf == e.coll && e.members != nil {
		e.members.complete = true
	}
}

// begin queues the start of a transaction. A reading of the clock MUST follow,
// behind the locks: expiries are compared with it inside a transaction.
func (tx *Tx) begin() {
	tx.c.send(stmtBegin, nil)
	if tx.excludes {
		tx.c.send(stmtExclude, nil)
	}
	tx.open, tx.reads = true, false
}

func (e *Entry) wantsLock() bool {
	return (e.mode != ModeRead || e.tx.lockReads || len(e.needs) > 0) && e.tx.open && !e.tx.readOnly
}

// compareLoads orders entries by statement and, within it, by name.
func compareLoads(a, b *Entry) int {
	if al, bl := a.wantsLock(), b.wantsLock(); al != bl {
		if al {
			return -1
		}
		return 1
	}
	return compareEntries(a, b)
}

// compareEntries orders entries by database index and name.
func compareEntries(a, b *Entry) int {
	if a.db != b.db {
		return a.db - b.db
	}
	return bytes.Compare(a.name, b.name)
}

// Now returns the database's clock in milliseconds since 1970, read during
// this unit and after the locks of its entries were granted. It costs a
// round trip if nothing has read the clock yet.
func (tx *Tx) Now() (int64, error) {
	if tx.now == 0 {
		tx.queueClock()
		if err := tx.c.sync(); err != nil {
			return 0, tx.failed(err)
		}
	}
	return tx.now, nil
}

// NowMicros is Now in microseconds.
func (tx *Tx) NowMicros() (int64, error) {
	if tx.micros == 0 {
		tx.queueClock()
		if err := tx.c.sync(); err != nil {
			return 0, tx.failed(err)
		}
	}
	return tx.micros, nil
}

func (tx *Tx) queueClock() {
	tx.c.send(stmtClock, func(v [][]byte) error {
		tx.micros = unixMicroOf(v[0])
		tx.now = max(tx.now, tx.micros/1000)
		return nil
	})
}

// pinSpace notes where a transaction found the rows of a database index.
func (tx *Tx) pinSpace(db int, space int32) {
	if tx.spaceParam(db) == nil {
		tx.spaces = append(tx.spaces, spaceSeen{db, space})
	}
}

// spaceParam is the space seen for a database index, null if none was.
func (tx *Tx) spaceParam(db int) []byte {
	for i := range tx.spaces {
		if tx.spaces[i].db == db {
			return int4Param(tx.spaces[i].space)
		}
	}
	return nil
}

// Rename gives src's contents and expiry to dst, which loses its own. Both
// MUST have been loaded with ModeStable. It costs the same whatever the size.
//
// A key that is renamed over goes on under its id: for a SCAN that has yet to
// come to it, it was there all the time.
func (tx *Tx) Rename(src, dst *Entry) {
	id := src.row.currentID()
	newID := id
	if dst.row.exists && dst.Exists() {
		newID = dst.row.currentID()
	}
	if dst.row.exists {
		tx.gone = append(tx.gone, dst.row)
		dst.row = row{}
	}
	changes := src.changes | changedValue
	if src.row.exists {
		tx.moves = append(tx.moves,
			move{loaded: src.row.id, id: id, newID: newID, fromDB: src.db, db: dst.db, name: dst.name})
		dst.row, src.row, src.moved = src.row, row{}, true
		dst.row.movedID = newID
		changes = src.changes | changedName
	}
	dst.take(src)
	dst.coll, dst.members, dst.list = src.coll, src.members, src.list
	if dst.members != nil {
		dst.members.e = dst
	}
	if dst.list != nil {
		dst.list.e = dst
	}
	src.coll, src.members, src.list = 0, nil, nil
	// What was to be written of dst before is void: its value, for one, is not
	// that of the row which comes here.
	dst.touch(changes)
	dst.changes = changes
	src.Delete()
}

// Copy gives dst a copy of src's contents and expiry. src MUST have been
// loaded with its value, with ModeUpdate if it may be a collection, and dst
// with ModeStable. A large collection is copied inside PostgreSQL.
func (tx *Tx) Copy(src, dst *Entry) error {
	dst.coll, dst.members, dst.list = 0, nil, nil
	dst.take(src)
	dst.touch(changedValue)
	return dst.copyCollection(src)
}

// take copies the state of a key, without its place.
func (e *Entry) take(src *Entry) {
	e.typ, e.encoding, e.expireAt = src.typ, src.encoding, src.expireAt
	e.value, e.length, e.whole, e.loadedAt = src.value, src.length, src.whole, src.loadedAt
}
