package target

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// Tap stands between postkeys and PostgreSQL and counts what postkeys asks. Nothing that PostgreSQL counts itself will do: its statistics lag by
// seconds, and vacuum's transactions are among them.
type Tap struct {
	dsn      string
	network  string // of PostgreSQL
	address  string
	listener net.Listener
	asked    atomic.Int64

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]struct{}
	wg     sync.WaitGroup
}

// ErrEncrypted says that a PostgreSQL takes encrypted connections alone: its certificate is not that of a tap.
var ErrEncrypted = errors.New("the connection string wants encryption")

// NewTap starts a tap to the PostgreSQL that the connection string names.
func NewTap(dsn string) (*Tap, error) {
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	if cfg.TLSConfig != nil && !slices.ContainsFunc(cfg.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.TLSConfig == nil }) {
		return nil, ErrEncrypted
	}
	t := &Tap{conns: make(map[net.Conn]struct{})}
	t.network, t.address = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	if t.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	t.dsn = tapped(cfg, t.listener.Addr().(*net.TCPAddr).Port)
	t.wg.Go(t.serve)
	return t, nil
}

// tapped is a connection string for the same database by way of a port of this machine.
func tapped(cfg *pgconn.Config, port int) string {
	settings := maps.Clone(cfg.RuntimeParams)
	maps.Copy(settings, map[string]string{
		"host": "127.0.0.1", "port": strconv.Itoa(port), "sslmode": "disable", "user": cfg.User, "password": cfg.Password, "dbname": cfg.Database,
	})
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if value := settings[name]; value != "" {
			parts = append(parts, fmt.Sprintf("%s='%s'", name, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value)))
		}
	}
	return strings.Join(parts, " ")
}

// DSN leads through the tap.
func (t *Tap) DSN() string { return t.dsn }

// Asked is how many messages, or pipelines of them sent at once, have come for PostgreSQL so far.
func (t *Tap) Asked() int64 { return t.asked.Load() }

// Close ends the tap and the connections through it.
func (t *Tap) Close() error {
	err := t.listener.Close()
	t.mu.Lock()
	t.closed = true
	for c := range t.conns {
		_ = c.Close()
	}
	t.mu.Unlock()
	t.wg.Wait()
	return err
}

func (t *Tap) serve() {
	for {
		client, err := t.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(t.network, t.address)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !t.keep(client, server) {
			return
		}
		// Each direction ends the other: when one side has gone, nothing more is expected of the other.
		end := func() { t.drop(client, server) }
		t.wg.Go(func() {
			defer end()
			_, _ = io.Copy(counter{server, &t.asked}, client)
		})
		t.wg.Go(func() {
			defer end()
			_, _ = io.Copy(client, server)
		})
	}
}

// keep notes connections so that Close finds them; after Close it closes them itself.
func (t *Tap) keep(conns ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		if t.closed {
			_ = c.Close()
		}
		t.conns[c] = struct{}{}
	}
	return !t.closed
}

func (t *Tap) drop(conns ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(t.conns, c)
	}
}

// counter counts what is written.
type counter struct {
	io.Writer
	writes *atomic.Int64
}

// Write implements io.Writer.
func (c counter) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Writer.Write(b)
}
