package pg

// LibrarySource is a library of functions as PostgreSQL has it.
type LibrarySource struct {
	Name string
	Code []byte
}

const (
	sqlLibraries     = `SELECT library, code FROM kv_functions ORDER BY library`
	sqlPutLibrary    = `INSERT INTO kv_functions (library, code) VALUES ($1, $2) ON CONFLICT (library) DO UPDATE SET code = excluded.code`
	sqlDropLibrary   = `DELETE FROM kv_functions WHERE library = $1`
	sqlDropLibraries = `DELETE FROM kv_functions`
	// sqlHoldLibraries keeps others from changing libraries until the commit.
	sqlHoldLibraries  = `SELECT scripts, functions FROM kv_script_epochs FOR UPDATE`
	sqlLibrariesEpoch = `UPDATE kv_script_epochs SET functions = functions + 1 RETURNING scripts, functions`
)

// Libraries returns all libraries, by name.
func (tx *Tx) Libraries() (list []LibrarySource, err error) {
	tx.c.send(stmtLibraries, func(v [][]byte) error {
		if len(v) != 2 {
			return errShape(stmtLibraries, v)
		}
		list = append(list, LibrarySource{string(v[0]), append([]byte(nil), v[1]...)})
		return nil
	})
	if err := tx.c.sync(); err != nil {
		return nil, tx.failed(err)
	}
	return list, nil
}

// HoldLibraries keeps others from changing libraries until the unit ends.
// [Tx.ScriptEpochs] is up to date from then on.
func (tx *Tx) HoldLibraries() error {
	return tx.write(func() { tx.c.send(stmtHoldLibraries, tx.takeEpochs) })
}

// ChangeLibraries drops all libraries if all is true, else those named, then
// adds others, and begins a new epoch of functions. Libraries MUST be held.
func (tx *Tx) ChangeLibraries(all bool, drop []string, put []LibrarySource) error {
	tx.epochsOwn = true
	return tx.write(func() {
		if all {
			tx.c.send(stmtDropLibraries, nil)
		}
		for _, name := range drop {
			tx.c.send(stmtDropLibrary, nil, []byte(name))
		}
		for _, l := range put {
			tx.c.send(stmtPutLibrary, nil, []byte(l.Name), l.Code)
		}
		tx.c.send(stmtLibrariesEpoch, tx.takeEpochs)
	})
}

// OwnEpochs reports whether the unit itself has begun an epoch: what it sees is
// nobody else's before the commit.
func (tx *Tx) OwnEpochs() bool { return tx.epochsOwn }
