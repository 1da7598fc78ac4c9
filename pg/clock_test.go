package pg_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/mnorrsken/postkeys/pg"
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

// TestClockIsReadBehindLocks: a unit that waited for a key tells a later time
// than the unit that it waited for; else what one writes down would seem to be
// older than what it was written upon.
func TestClockIsReadBehindLocks(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	conns := [4]*pg.Conn{}
	for i := range conns {
		conns[i] = connect(t, cfg)
	}
	unit(t, conns[0], []claim{update("last")}, func(_ *pg.Tx, e []*pg.Entry) { e[0].SetString([]byte("0"), pg.EncodingNatural) })
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() {
			for range 50 {
				err := tryUnit(c, []claim{update("last")}, func(tx *pg.Tx, e []*pg.Entry) {
					now, err := tx.NowMicros()
					if last, _ := strconv.ParseInt(string(e[0].Value()), 10, 64); err != nil || now < last {
						t.Errorf("%d µs before the unit that held the key: %v", last-now, err)
					}
					e[0].SetString(strconv.AppendInt(nil, now, 10), pg.EncodingNatural)
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
