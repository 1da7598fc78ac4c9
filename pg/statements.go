package pg

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// statement names one entry of the catalogue.
type statement uint8

// The catalogue. SQL stands beside the code that sends it.
const (
	stmtBegin statement = iota
	stmtBeginRead
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
	stmtVersions
	stmtScriptEpochs
	stmtScript
	stmtScriptsKnown
	stmtKeepScript
	stmtForgetScripts
	stmtDropScripts
	stmtScriptsEpoch
	stmtLibraries
	stmtPutLibrary
	stmtDropLibrary
	stmtDropLibraries
	stmtHoldLibraries
	stmtLibrariesEpoch
	stmtUpsert
	stmtUpsertWide
	stmtInsert
	stmtInsertWide
	stmtUpdate
	stmtUpdateWide
	stmtDropColls
	stmtTakeColls
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
	stmtExpire
	stmtHashFind
	stmtHashPage
	stmtHashRandom
	stmtHashInsert
	stmtHashUpdate
	stmtHashDelete
	stmtHashCopy
	stmtHashPurge
	stmtHashExpired
	stmtSetFind
	stmtSetPage
	stmtSetRandom
	stmtSetInsert
	stmtSetDelete
	stmtSetCopy
	stmtSetMatch
	stmtSetMatchCount
	stmtSetMatchCopy
	stmtZsetFind
	stmtZsetPage
	stmtZsetRandom
	stmtZsetInsert
	stmtZsetUpdate
	stmtZsetDelete
	stmtZsetCopy
	stmtZsetMatch
	stmtZsetMatchCount
	stmtZsetMatchCopy
	stmtZsetRange
	stmtZsetRangeDeep
	stmtZsetRevRange
	stmtZsetRevRangeDeep
	stmtZsetCount
	stmtZsetLex
	stmtZsetLexDeep
	stmtZsetRevLex
	stmtZsetRevLexDeep
	stmtZsetLexCount
	stmtZsetRank
	stmtZsetEnds
	stmtListLoad
	stmtListLeft
	stmtListRight
	stmtListInsert
	stmtListUpdate
	stmtListDelete
	stmtListTrim
	stmtListCopy
	stmtCollectHash
	stmtCollectSet
	stmtCollectZset
	stmtCollectList
	numStatements
)

// catalogue holds name and text of every prepared statement.
var catalogue = [numStatements]struct{ name, sql string }{
	stmtBegin:          {"begin", "BEGIN"},
	stmtBeginRead:      {"begin_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
	stmtCommit:         {"commit", "COMMIT"},
	stmtRollback:       {"rollback", "ROLLBACK"},
	stmtClock:          {"clock", sqlClock},
	stmtStamp:          {"stamp", sqlStamp},
	stmtHurry:          {"hurry", sqlHurry},
	stmtRead:           {"read", sqlRead},
	stmtReadParts:      {"read_parts", sqlReadParts},
	stmtLock:           {"lock", sqlLock},
	stmtLockParts:      {"lock_parts", sqlLockParts},
	stmtReserve:        {"reserve", sqlReserve},
	stmtStillAbsent:    {"still_absent", sqlStillAbsent},
	stmtVersions:       {"versions", sqlVersions},
	stmtScriptEpochs:   {"script_epochs", sqlScriptEpochs},
	stmtScript:         {"script", sqlScript},
	stmtScriptsKnown:   {"scripts_known", sqlScriptsKnown},
	stmtKeepScript:     {"keep_script", sqlKeepScript},
	stmtForgetScripts:  {"forget_scripts", sqlForgetScripts},
	stmtDropScripts:    {"drop_scripts", sqlDropScripts},
	stmtScriptsEpoch:   {"scripts_epoch", sqlScriptsEpoch},
	stmtLibraries:      {"libraries", sqlLibraries},
	stmtPutLibrary:     {"put_library", sqlPutLibrary},
	stmtDropLibrary:    {"drop_library", sqlDropLibrary},
	stmtDropLibraries:  {"drop_libraries", sqlDropLibraries},
	stmtHoldLibraries:  {"hold_libraries", sqlHoldLibraries},
	stmtLibrariesEpoch: {"libraries_epoch", sqlLibrariesEpoch},
	stmtUpsert:         {"upsert", sqlUpsert},
	stmtUpsertWide:     {"upsert_wide", sqlUpsertWide},
	stmtInsert:         {"insert", sqlInsert},
	stmtInsertWide:     {"insert_wide", sqlInsertWide},
	stmtUpdate:         {"update", sqlUpdate},
	stmtUpdateWide:     {"update_wide", sqlUpdateWide},
	stmtDropColls:      {"drop_colls", sqlDropColls},
	stmtTakeColls:      {"take_colls", sqlTakeColls},
	stmtUpdateExpiry:   {"update_expiry", sqlUpdateExpiry},
	stmtDelete:         {"delete", sqlDelete},
	stmtDeleteKeys:     {"delete_keys", sqlDeleteKeys},
	stmtMove:           {"move", sqlMove},
	stmtCount:          {"count", sqlCount},
	stmtCountAll:       {"count_all", sqlCountAll},
	stmtScan:           {"scan", sqlScan},
	stmtScanPrefix:     {"scan_prefix", sqlScanPrefix},
	stmtKeys:           {"keys", sqlKeys},
	stmtAllKeys:        {"all_keys", sqlAllKeys},
	stmtRandomFew:      {"random_few", sqlRandomFew},
	stmtRandomSample:   {"random_sample", sqlRandomSample},
	stmtRandomRange:    {"random_range", sqlRandomRange},
	stmtAnyKey:         {"any_key", sqlAnyKey},
	stmtDropSpace:      {"drop_space", sqlDropSpace},
	stmtRenewSpace:     {"renew_space", sqlRenewSpace},
	stmtSwapSpaces:     {"swap_spaces", sqlSwapSpaces},
	stmtExclude:        {"exclude", sqlExclude},
	stmtSweep:          {"sweep", sqlSweep},
	stmtExpire:         {"expire", sqlExpire},

	stmtHashFind:         {"hash_find", sqlHashFind},
	stmtHashPage:         {"hash_page", sqlHashPage},
	stmtHashRandom:       {"hash_random", sqlHashRandom},
	stmtHashInsert:       {"hash_insert", sqlHashInsert},
	stmtHashUpdate:       {"hash_update", sqlHashUpdate},
	stmtHashDelete:       {"hash_delete", sqlHashDelete},
	stmtHashCopy:         {"hash_copy", sqlHashCopy},
	stmtHashPurge:        {"hash_purge", sqlHashPurge},
	stmtHashExpired:      {"hash_expired", sqlHashExpired},
	stmtSetFind:          {"set_find", sqlSetFind},
	stmtSetPage:          {"set_page", sqlSetPage},
	stmtSetRandom:        {"set_random", sqlSetRandom},
	stmtSetInsert:        {"set_insert", sqlSetInsert},
	stmtSetDelete:        {"set_delete", sqlSetDelete},
	stmtSetCopy:          {"set_copy", sqlSetCopy},
	stmtSetMatch:         {"set_match", sqlSetMatch},
	stmtSetMatchCount:    {"set_match_count", sqlSetMatchCount},
	stmtSetMatchCopy:     {"set_match_copy", sqlSetMatchCopy},
	stmtZsetFind:         {"zset_find", sqlZsetFind},
	stmtZsetPage:         {"zset_page", sqlZsetPage},
	stmtZsetRandom:       {"zset_random", sqlZsetRandom},
	stmtZsetInsert:       {"zset_insert", sqlZsetInsert},
	stmtZsetUpdate:       {"zset_update", sqlZsetUpdate},
	stmtZsetDelete:       {"zset_delete", sqlZsetDelete},
	stmtZsetCopy:         {"zset_copy", sqlZsetCopy},
	stmtZsetMatch:        {"zset_match", sqlZsetMatch},
	stmtZsetMatchCount:   {"zset_match_count", sqlZsetMatchCount},
	stmtZsetMatchCopy:    {"zset_match_copy", sqlZsetMatchCopy},
	stmtZsetRange:        {"zset_range", sqlZsetRange},
	stmtZsetRangeDeep:    {"zset_range_deep", sqlZsetRangeDeep},
	stmtZsetRevRange:     {"zset_rev_range", sqlZsetRevRange},
	stmtZsetRevRangeDeep: {"zset_rev_range_deep", sqlZsetRevRangeDeep},
	stmtZsetCount:        {"zset_count", sqlZsetCount},
	stmtZsetLex:          {"zset_lex", sqlZsetLex},
	stmtZsetLexDeep:      {"zset_lex_deep", sqlZsetLexDeep},
	stmtZsetRevLex:       {"zset_rev_lex", sqlZsetRevLex},
	stmtZsetRevLexDeep:   {"zset_rev_lex_deep", sqlZsetRevLexDeep},
	stmtZsetLexCount:     {"zset_lex_count", sqlZsetLexCount},
	stmtZsetRank:         {"zset_rank", sqlZsetRank},
	stmtZsetEnds:         {"zset_ends", sqlZsetEnds},
	stmtListLoad:         {"list_load", sqlListLoad},
	stmtListLeft:         {"list_left", sqlListLeft},
	stmtListRight:        {"list_right", sqlListRight},
	stmtListInsert:       {"list_insert", sqlListInsert},
	stmtListUpdate:       {"list_update", sqlListUpdate},
	stmtListDelete:       {"list_delete", sqlListDelete},
	stmtListTrim:         {"list_trim", sqlListTrim},
	stmtCollectHash:      {"collect_hash", sqlCollectHash},
	stmtCollectSet:       {"collect_set", sqlCollectSet},
	stmtCollectZset:      {"collect_zset", sqlCollectZset},
	stmtCollectList:      {"collect_list", sqlCollectList},
	stmtListCopy:         {"list_copy", sqlListCopy},
}

// prepareAll prepares the catalogue on a fresh connection, in one round trip.
func prepareAll(ctx context.Context, pc *pgconn.PgConn) error {
	pipe := pc.StartPipeline(ctx)
	for _, s := range catalogue {
		pipe.SendPrepare(s.name, s.sql, nil)
	}
	err := pipe.Sync()
	for i := 0; err == nil && i < len(catalogue); i++ {
		if _, err = pipe.GetResults(); err != nil {
			err = fmt.Errorf("prepare statement %s: %w", catalogue[i].name, err)
		}
	}
	return errors.Join(err, pipe.Close())
}
