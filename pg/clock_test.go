package pg_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestClockIsNeverAhead: the milliseconds that expiries are counted in begin
// when they have begun. With half a millisecond of rounding up, a key set for
// ten seconds would have ten seconds and one millisecond to live at first.
func TestClockIsNeverAhead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := pgx.Connect(ctx, config(t).DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(ctx)
	var ahead, total int
	err = db.QueryRow(ctx, `
SELECT count(*) FILTER (WHERE ms > micros / 1000), count(*)
FROM (SELECT kv_now_ms() AS ms, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros
      FROM generate_series(1, 20000) OFFSET 0) readings`).Scan(&ahead, &total)
	if err != nil {
		t.Fatal(err)
	}
	if total != 20000 || ahead != 0 {
		t.Errorf("%d of %d readings were ahead of the clock", ahead, total)
	}
}
