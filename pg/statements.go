package pg

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// statement names one entry of the catalogue.
type statement uint8

// The catalogue. SQL stands beside the code that sends it.
const (
	stmtBegin statement = iota
	stmtCommit
	stmtRollback
	stmtClock
	stmtStamp
	stmtHurry
	stmtRead
	stmtReadParts
	stmtLock
	stmtLockParts
	stmtReserve
	stmtStillAbsent
	stmtUpsert
	stmtUpsertLong
	stmtInsert
	stmtInsertLong
	stmtUpdate
	stmtUpdateExpiry
	stmtDelete
	stmtDeleteKeys
	stmtMove
	stmtCount
	stmtCountAll
	stmtScan
	stmtScanPrefix
	stmtKeys
	stmtAllKeys
	stmtRandomFew
	stmtRandomSample
	stmtRandomRange
	stmtAnyKey
	stmtDropSpace
	stmtRenewSpace
	stmtSwapSpaces
	stmtExclude
	stmtSweep
	numStatements
)

// catalogue holds name and text of every prepared statement.
var catalogue = [numStatements]struct{ name, sql string }{
	stmtBegin:        {"begin", "BEGIN"},
	stmtCommit:       {"commit", "COMMIT"},
	stmtRollback:     {"rollback", "ROLLBACK"},
	stmtClock:        {"clock", sqlClock},
	stmtStamp:        {"stamp", sqlStamp},
	stmtHurry:        {"hurry", sqlHurry},
	stmtRead:         {"read", sqlRead},
	stmtReadParts:    {"read_parts", sqlReadParts},
	stmtLock:         {"lock", sqlLock},
	stmtLockParts:    {"lock_parts", sqlLockParts},
	stmtReserve:      {"reserve", sqlReserve},
	stmtStillAbsent:  {"still_absent", sqlStillAbsent},
	stmtUpsert:       {"upsert", sqlUpsert},
	stmtUpsertLong:   {"upsert_long", sqlUpsertLong},
	stmtInsert:       {"insert", sqlInsert},
	stmtInsertLong:   {"insert_long", sqlInsertLong},
	stmtUpdate:       {"update", sqlUpdate},
	stmtUpdateExpiry: {"update_expiry", sqlUpdateExpiry},
	stmtDelete:       {"delete", sqlDelete},
	stmtDeleteKeys:   {"delete_keys", sqlDeleteKeys},
	stmtMove:         {"move", sqlMove},
	stmtCount:        {"count", sqlCount},
	stmtCountAll:     {"count_all", sqlCountAll},
	stmtScan:         {"scan", sqlScan},
	stmtScanPrefix:   {"scan_prefix", sqlScanPrefix},
	stmtKeys:         {"keys", sqlKeys},
	stmtAllKeys:      {"all_keys", sqlAllKeys},
	stmtRandomFew:    {"random_few", sqlRandomFew},
	stmtRandomSample: {"random_sample", sqlRandomSample},
	stmtRandomRange:  {"random_range", sqlRandomRange},
	stmtAnyKey:       {"any_key", sqlAnyKey},
	stmtDropSpace:    {"drop_space", sqlDropSpace},
	stmtRenewSpace:   {"renew_space", sqlRenewSpace},
	stmtSwapSpaces:   {"swap_spaces", sqlSwapSpaces},
	stmtExclude:      {"exclude", sqlExclude},
	stmtSweep:        {"sweep", sqlSweep},
}

// prepareAll prepares the catalogue on a fresh connection.
func prepareAll(ctx context.Context, pc *pgconn.PgConn) error {
	for _, s := range catalogue {
		if _, err := pc.Prepare(ctx, s.name, s.sql, nil); err != nil {
			return fmt.Errorf("prepare statement %s: %w", s.name, err)
		}
	}
	return nil
}
