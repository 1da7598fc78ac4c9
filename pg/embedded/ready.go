package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// errRemainsOfCrash means that processes of a postmaster that was killed are still on their way out: the start is worth another try.
var errRemainsOfCrash = errors.New("processes of the PostgreSQL before are still ending")

// waitReady returns once the postmaster accepts connections. It recovers from a crash first, which may take long: ctx bounds that.
func (l *layout) waitReady(ctx context.Context, p *process) error {
	cfg, err := pgconn.ParseConfig(l.dsn("postgres"))
	if err != nil {
		return err
	}
	for {
		conn, err := pgconn.ConnectConfig(ctx, cfg)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-p.exited:
			return l.failure("PostgreSQL did not start", p)
		default:
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return fmt.Errorf("PostgreSQL in %s does not answer yet: %w", l.dir, err)
		}
	}
}

// failure makes an error from the end of what the postmaster wrote to the log.
func (l *layout) failure(what string, p *process) error {
	return explain(what, tail(l.path("postgresql.log"), p.logFrom, 2000), l.dir)
}

// explain adds to the words of PostgreSQL what can be done about the causes that have a known cure.
func explain(what, output, dir string) error {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	output = strings.Join(lines[max(0, len(lines)-8):], "\n")
	cures := []struct{ sign, cure string }{
		{"No space left on device", "the disk of " + dir + " is full: free some space and start again"},
		{"Address already in use", "the port is taken: choose another one, or 0 for the Unix socket alone"},
		{"Permission denied", "the user that runs PostgreSQL may not use a file or directory below " + dir},
		{"Read-only file system", dir + " cannot be written to: choose another directory with PG_EMBEDDED_DIR"},
		{"Cannot allocate memory", "there is too little memory for shared_buffers"},
		{"database files are incompatible", "the data in " + dir + " belongs to another build of PostgreSQL"},
	}
	if strings.Contains(output, "pre-existing shared memory block") {
		return fmt.Errorf("%w:\n%s", errRemainsOfCrash, output)
	}
	for _, c := range cures {
		if strings.Contains(output, c.sign) {
			return fmt.Errorf("%s: %s:\n%s", what, c.cure, output)
		}
	}
	return fmt.Errorf("%s, its last words in %s:\n%s", what, dir, output)
}

// tail reads at most the last n bytes of a file, none before from; it is empty when there is nothing to read.
func tail(path string, from, n int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	from = max(from, info.Size()-n)
	b, err := io.ReadAll(io.NewSectionReader(f, from, n))
	if err != nil {
		return ""
	}
	return string(b)
}
