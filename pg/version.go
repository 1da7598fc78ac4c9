package pg

import "encoding/binary"

// Version tells two states of a key apart: equal versions mean that nobody has
// written the key in between, whatever it held. The zero Version is that of an
// absent key. It is the row's identity and the transaction that wrote it; the
// place sets apart what one transaction wrote twice. Locks leave it alone.
//
// Not told apart: absent, and absent again after it was there for a while.
type Version struct {
	id   int64
	xmin uint32
	tid  [6]byte
}

// sqlVersions returns the versions of live keys. It runs behind the statement
// that locks them.
const sqlVersions = `
SELECT key, long_key, id, xmin, ctid FROM kv_keys
WHERE space = (SELECT space FROM kv_databases WHERE db = $1) AND key = ANY ($2::bytea[]) AND ` + live

// WantVersion says that the version of the key is to be loaded with it. Call it
// before the load.
func (e *Entry) WantVersion() {
	if e.version == nil {
		e.version = new(Version)
	}
}

// Version is the version of the key as loaded, whatever the unit has changed
// since. It MUST have been asked for.
func (e *Entry) Version() Version { return *e.version }

// queueVersions queues the statements that bring the versions asked for.
func (tx *Tx) queueVersions() error {
	var keys array
	for from := 0; from < len(tx.planned); {
		db := tx.planned[from].db
		keys.reset(oidBytea)
		for ; from < len(tx.planned) && tx.planned[from].db == db; from++ {
			if e := tx.planned[from]; e.version != nil {
				keys.bytes(shortForm(e.name))
			}
		}
		if keys.n == 0 {
			continue
		}
		if len(keys.b) > maxPipelinedBytes {
			if err := tx.c.sync(); err != nil {
				return err
			}
		}
		tx.c.send(stmtVersions, func(v [][]byte) error { return tx.takeVersion(db, v) }, int2Param(db), keys.param())
	}
	return nil
}

func (tx *Tx) takeVersion(db int, v [][]byte) error {
	if len(v) != 5 || len(v[3]) != 4 {
		return errShape(stmtVersions, v)
	}
	name := v[0]
	if v[1] != nil {
		name = v[1]
	}
	if e := tx.find(HashKey(db, name), db, name); e != nil && e.version != nil {
		*e.version = Version{id: asInt(v[2]), xmin: binary.BigEndian.Uint32(v[3])}
		copy(e.version.tid[:], v[4])
	}
	return nil
}
