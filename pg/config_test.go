package pg

import (
	"strings"
	"testing"
	"time"
)

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ dsn, want string }{
		{"host=db.example port=5433 user=me password='hunter2' dbname='my db' sslmode=disable", `database "my db" at db.example:5433`},
		{"postgres://me:hunter2@[::1]:5432/keys?sslmode=disable", `database "keys" at [::1]:5432`},
		{"host='/run/pg' user=me dbname=keys", `database "keys" at /run/pg`},
	} {
		got, err := Config{DSN: c.dsn, ConnectTimeout: time.Second}.Place()
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v", c.dsn, got, err)
		}
	}
}

// TestUnreadableDSNKeepsItsPassword: what cannot be parsed may hold the password anywhere.
func TestUnreadableDSNKeepsItsPassword(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		`host=db password='it''s hunter2 dbname=x`,
		`host=db password = 'a b' hunter2`,
		`password=a hunter2`,
		`postgres://me:hunter2/x@db:port/keys`,
		`postgres://me:hunter2@db:hunter2/keys`,
		`postgres://me:hun%zzter2@db/hunter2`,
		`host=db password=hunter2 sslmode=loud`,
		`host=db password=hunter2 port=hunter2`,
		`host=db password=hunter2 connect_timeout=hunter2`,
	} {
		_, err := Config{DSN: dsn}.Place()
		if err == nil {
			t.Errorf("%s is accepted", dsn)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
