package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mnorrsken/postkeys/commands"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/reactor"
)

// handler adapts the server to the reactor: the two know nothing of each other.
type handler struct{ server *commands.Server }

func (h handler) Open(c *reactor.Conn) (reactor.Session, []byte) {
	return h.server.Open(c), nil
}

// reservedFiles is how many file descriptors stay free for all but clients and
// the connections to PostgreSQL.
const reservedFiles = 96

// listen opens the listeners.
func (n *node) listen() (err error) {
	v := n.settings.Values()
	addrs := []string{"tcp://" + n.cfg.Listen.Addr}
	if path := v.Text(settings.UnixSocket); path != "" {
		addrs = append(addrs, "unix://"+path)
	}
	if err := tryListen(addrs); err != nil {
		return err
	}
	limits := outputLimits(v)
	n.reactor, err = reactor.New(handler{n.server}, reactor.Options{
		Addrs:            addrs,
		UnixPerm:         fs.FileMode(v.Int(settings.UnixSocketPerm)),
		MaxClients:       int(v.Int(settings.MaxClients)),
		ReservedFiles:    reservedFiles + n.connections(),
		QueryBufferLimit: v.Int(settings.ClientQueryBufferLimit),
		OutputLimits:     &limits,
		IdleTimeout:      seconds(v, settings.Timeout),
		KeepAlive:        seconds(v, settings.TCPKeepAlive),
		Log:              n.log.Logger,
	})
	if err != nil {
		return fmt.Errorf("UNIXSOCKET: %w", err)
	}
	if err := n.reactor.Start(); err != nil {
		n.reactor = nil        // nothing to stop
		last := len(addrs) - 1 // TCP has just been tried
		return listenError([]string{"REDIS_ADDR", "UNIXSOCKET"}[last], addrs[last], err)
	}
	n.settleSettings()
	n.metrics, err = startMetrics(n.cfg.Metrics, n)
	return err
}

// tryListen finds out what keeps an address from being listened on, and names
// the setting to blame. The reactor tells no more than that it cannot.
func tryListen(addrs []string) error {
	for _, a := range addrs {
		if path, unix := strings.CutPrefix(a, "unix://"); unix {
			if c, err := net.Dial("unix", path); err == nil {
				return errors.Join(fmt.Errorf("UNIXSOCKET: another server listens on %s", path), c.Close())
			}
			continue
		}
		addr := strings.TrimPrefix(a, "tcp://")
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return listenError("REDIS_ADDR", addr, err)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// listenError is one line about an address that a setting asked for.
func listenError(setting, addr string, err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno
	}
	return fmt.Errorf("%s: cannot listen on %s: %w", setting, addr, err)
}

// settleSettings corrects settings to what the system gave: CONFIG GET and INFO
// tell what is in force.
func (n *node) settleSettings() {
	asked := n.settings.Int(settings.MaxClients)
	if allowed := int64(n.reactor.MaxClientsAllowed()); asked > allowed {
		n.log.Warn("maxclients is lowered to what the limit of open files allows", "asked", asked, "maxclients", allowed)
		n.settings.Init(settings.Assignment{Name: "maxclients", Value: strconv.FormatInt(allowed, 10)})
	}
	if a, ok := n.reactor.Addrs()[0].(*net.TCPAddr); ok {
		n.settings.Init(settings.Assignment{Name: "port", Value: strconv.Itoa(a.Port)})
	}
}

func seconds(v *settings.Values, id settings.ID) time.Duration {
	return time.Duration(v.Int(id)) * time.Second
}

// outputLimits translates client-output-buffer-limit.
func outputLimits(v *settings.Values) reactor.OutputLimits {
	l := v.OutputLimits()
	convert := func(o settings.OutputLimit) reactor.OutputLimit {
		return reactor.OutputLimit{
			HardBytes: int64(o.Hard), SoftBytes: int64(o.Soft), SoftFor: time.Duration(o.SoftSeconds) * time.Second,
		}
	}
	return reactor.OutputLimits{
		reactor.Normal: convert(l.Normal), reactor.Replica: convert(l.Replica), reactor.PubSub: convert(l.PubSub),
	}
}

// followSettings hands CONFIG SET on to the log and the reactor. Clients set
// nothing before the reactor serves them.
func (n *node) followSettings() {
	follow := func(id settings.ID, apply func(v *settings.Values)) {
		n.settings.OnChange(func(v *settings.Values) error { apply(v); return nil }, id)
	}
	n.log.follow(n.settings.Values())
	follow(settings.LogLevel, n.log.follow)
	follow(settings.ClientQueryBufferLimit, func(v *settings.Values) {
		n.reactor.SetQueryBufferLimit(v.Int(settings.ClientQueryBufferLimit))
	})
	follow(settings.Timeout, func(v *settings.Values) { n.reactor.SetIdleTimeout(seconds(v, settings.Timeout)) })
	follow(settings.TCPKeepAlive, func(v *settings.Values) { n.reactor.SetKeepAlive(seconds(v, settings.TCPKeepAlive)) })
	follow(settings.ClientOutputBufferLimit, func(v *settings.Values) { n.reactor.SetOutputLimits(outputLimits(v)) })
	n.settings.OnChange(func(v *settings.Values) error {
		asked := v.Int(settings.MaxClients)
		if allowed := n.reactor.MaxClientsAllowed(); asked > int64(allowed) {
			//nolint:staticcheck // the text of Redis
			return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", allowed)
		}
		n.reactor.SetMaxClients(int(asked))
		return nil
	}, settings.MaxClients)
}

// connectionStats are the reactor's figures, for INFO.
func (n *node) connectionStats() commands.ConnectionStats {
	s := n.reactor.Stats()
	return commands.ConnectionStats{
		Received: s.Received, Rejected: s.Rejected, BytesIn: s.BytesIn, BytesOut: s.BytesOut,
		QueryBufferCloses: s.QueryBufferCloses, OutputBufferCloses: s.OutputBufferCloses,
	}
}
