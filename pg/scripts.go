package pg

// ScriptEpochs say how often the scripts of a database were flushed and its
// libraries of functions changed. What a node remembers of them holds as long
// as the epoch is the same.
type ScriptEpochs struct{ Scripts, Functions int64 }

const sqlScriptEpochs = `SELECT scripts, functions FROM kv_script_epochs`

const sqlScript = `SELECT body FROM kv_scripts WHERE sha = $1`

// sqlScriptsKnown returns those of a list of digests that are known.
const sqlScriptsKnown = `SELECT sha FROM kv_scripts WHERE sha = ANY ($1::bytea[])`

// sqlKeepScript adds a script. $3 says that it was loaded, and so has to stay.
// The row of the epochs is locked against a flush at the same time.
const sqlKeepScript = `
WITH held AS MATERIALIZED (SELECT 1 FROM kv_script_epochs FOR SHARE)
INSERT INTO kv_scripts AS s (sha, body, loaded) SELECT $1, $2, $3 FROM held
ON CONFLICT (sha) DO UPDATE SET loaded = true WHERE excluded.loaded AND NOT s.loaded`

// sqlForgetScripts removes all but the latest of those that EVAL left.
const sqlForgetScripts = `
DELETE FROM kv_scripts WHERE NOT loaded AND id <= (
    SELECT id FROM kv_scripts WHERE NOT loaded ORDER BY id DESC OFFSET $1 LIMIT 1)`

const (
	sqlDropScripts  = `DELETE FROM kv_scripts`
	sqlScriptsEpoch = `UPDATE kv_script_epochs SET scripts = scripts + 1 RETURNING scripts, functions`
)

// keptScripts is how many scripts that only EVAL has brought are kept.
const keptScripts = 1000

// WantScriptEpochs says that the next load is to bring the epochs.
func (tx *Tx) WantScriptEpochs() { tx.wantsEpochs = true }

// ScriptEpochs returns the epochs as loaded; see WantScriptEpochs. It costs a
// round trip if they were not asked for.
func (tx *Tx) ScriptEpochs() (ScriptEpochs, error) {
	if tx.epochs == (ScriptEpochs{}) {
		tx.queueEpochs()
		if err := tx.c.sync(); err != nil {
			return ScriptEpochs{}, tx.failed(err)
		}
	}
	return tx.epochs, nil
}

func (tx *Tx) queueEpochs() {
	tx.wantsEpochs = false
	tx.c.send(stmtScriptEpochs, tx.takeEpochs)
}

func (tx *Tx) takeEpochs(v [][]byte) error {
	if len(v) != 2 {
		return errShape(stmtScriptEpochs, v)
	}
	tx.epochs = ScriptEpochs{asInt(v[0]), asInt(v[1])}
	return nil
}

// Script returns the body of the script with a digest of 20 bytes, nil if there
// is none.
func (tx *Tx) Script(sha []byte) (body []byte, err error) {
	tx.c.send(stmtScript, func(v [][]byte) error {
		body = append([]byte{}, v[0]...)
		return nil
	}, sha)
	if err := tx.c.sync(); err != nil {
		return nil, tx.failed(err)
	}
	return body, nil
}

// ScriptsKnown reports which of some digests of 20 bytes are those of scripts.
func (tx *Tx) ScriptsKnown(shas [][]byte) (map[string]bool, error) {
	var list array
	list.reset(oidBytea)
	for _, sha := range shas {
		list.bytes(sha)
	}
	known := make(map[string]bool)
	tx.c.send(stmtScriptsKnown, func(v [][]byte) error {
		known[string(v[0])] = true
		return nil
	}, list.param())
	if err := tx.c.sync(); err != nil {
		return nil, tx.failed(err)
	}
	return known, nil
}

// KeepScript adds a script for every node: until the scripts are flushed if it
// is loaded, else while it is among the latest.
func (tx *Tx) KeepScript(sha, body []byte, loaded bool) error {
	return tx.write(func() { tx.c.send(stmtKeepScript, nil, sha, body, boolParam(loaded)) })
}

// ForgetScripts removes old scripts that were not loaded.
func (tx *Tx) ForgetScripts() error {
	return tx.write(func() { tx.c.send(stmtForgetScripts, nil, int8Param(keptScripts)) })
}

// FlushScripts removes all scripts.
func (tx *Tx) FlushScripts() error {
	tx.epochsOwn = true
	return tx.write(func() {
		tx.c.send(stmtScriptsEpoch, tx.takeEpochs)
		tx.c.send(stmtDropScripts, nil)
	})
}

// write runs statements that change something other than keys, inside the
// unit's transaction, which begins now if it has not.
func (tx *Tx) write(queue func()) error {
	if tx.open && tx.reads {
		return tx.lockReadsNext()
	}
	if !tx.open {
		tx.begin()
		tx.queueClock()
	}
	queue()
	tx.wrote = true
	if err := tx.c.sync(); err != nil {
		return tx.failed(err)
	}
	return nil
}
