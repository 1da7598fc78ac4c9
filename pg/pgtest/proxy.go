package pgtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Proxy stands between a client and PostgreSQL and can lose what PostgreSQL says, or the connection.
type Proxy struct {
	t        testing.TB
	dsn      string
	network  string
	address  string
	listener net.Listener

	asked atomic.Int64

	mu     sync.Mutex
	muted  bool
	losing bool // the next answer to COMMIT is lost
	closed bool // new connections are broken too
	conns  []net.Conn
	wg     sync.WaitGroup
}

// NewProxy starts a proxy to the server that the connection string names. It ends with the test.
func NewProxy(t testing.TB, dsn string) *Proxy {
	t.Helper()
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{t: t}
	p.network, p.address = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.dsn = withServer(dsn, p.listener.Addr().(*net.TCPAddr).Port)
	p.wg.Go(p.serve)
	t.Cleanup(func() {
		p.Refuse()
		p.wg.Wait()
	})
	return p
}

// withServer replaces the server of a connection string in either form by one on this machine.
func withServer(dsn string, port int) string {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return fmt.Sprintf("%s host=127.0.0.1 port=%d sslmode=disable", dsn, port)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn
	}
	query := u.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	u.Host, u.RawQuery = net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), query.Encode()
	return u.String()
}

// DSN leads through the proxy.
func (p *Proxy) DSN() string { return p.dsn }

// Asked is how many messages, or pipelines of them, have come for PostgreSQL.
func (p *Proxy) Asked() int64 { return p.asked.Load() }

// counted counts what is written.
type counted struct {
	io.Writer
	writes *atomic.Int64
}

// Write implements io.Writer.
func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Writer.Write(b)
}

// Mute drops what PostgreSQL says from now on, until Cut.
func (p *Proxy) Mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = true
}

// Cut breaks all connections; new ones work.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = false
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// LoseCommit breaks the connection that is answered to a COMMIT next, in place of the
// answer, and new ones at once, until Admit. All others stay.
func (p *Proxy) LoseCommit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.losing = true
}

// loses reports whether an answer is one to be lost.
func (p *Proxy) loses(answer []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.losing || !bytes.Contains(answer, []byte("COMMIT\x00")) {
		return false
	}
	p.losing, p.closed = false, true
	return true
}

// Deny breaks all connections, and new ones at once, until Admit.
func (p *Proxy) Deny() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Cut()
}

// Admit lets new connections in again.
func (p *Proxy) Admit() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
}

// Refuse breaks all connections, and takes no new ones.
func (p *Proxy) Refuse() {
	_ = p.listener.Close()
	p.Deny()
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(p.network, p.address)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		if p.closed {
			_, _ = client.Close(), server.Close()
		}
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		p.wg.Go(func() {
			_, _ = io.Copy(counted{server, &p.asked}, client)
			_ = server.Close()
		})
		p.wg.Go(func() { p.answer(client, server) })
	}
}

// answer passes on what PostgreSQL says.
func (p *Proxy) answer(client, server net.Conn) {
	defer func() { _ = client.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := server.Read(buf)
		if err != nil {
			return
		}
		if p.loses(buf[:n]) {
			return
		}
		p.mu.Lock()
		muted := p.muted
		p.mu.Unlock()
		if !muted {
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}
}
