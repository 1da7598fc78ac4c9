// Postkeys is a Redis 7 API-compatible server that keeps everything in
// PostgreSQL. This package reads the configuration, wires the parts together
// and shuts them down in order; see ARCHITECTURE.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mnorrsken/postkeys/commands"
	"github.com/mnorrsken/postkeys/commands/config"
	"github.com/mnorrsken/postkeys/commands/node"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/reactor"
)

func main() {
	if done, err := answerArguments(os.Args[1:], os.Stdout); done || err != nil {
		exit(err)
	}
	cfg, err := config.Load(os.Environ())
	if err != nil {
		exit(err)
	}
	exit(run(cfg))
}

// version is set by the linker in released builds (-X main.version=...).
var version = ""

// versionName returns the version of postkeys, "devel" for a build that has none.
func versionName() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// answerArguments does what the command line asks for. done is true if that was
// all, and the program is to end.
func answerArguments(args []string, out io.Writer) (done bool, err error) {
	if len(args) == 0 {
		return false, nil
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		config.WriteHelp(out, versionName())
		return true, nil
	case "-v", "-version", "--version", "version":
		_, err := fmt.Fprintln(out, "postkeys", versionName())
		return true, err
	}
	return true, fmt.Errorf("unknown argument %q; settings come from the environment, see postkeys --help", args[0])
}

// exit ends the process: 0 without an error, 1 with one, told on stderr, each
// part of it on one line.
func exit(err error) {
	if err == nil {
		os.Exit(0)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(os.Stderr, "postkeys:", strings.TrimSpace(line))
	}
	os.Exit(1)
}

// sameSignal is how long a signal may come again and mean the first one:
// wrappers such as timeout and some shells send it to the process and to its
// group.
const sameSignal = 300 * time.Millisecond

var errForced = errors.New("ended by a second signal before everything was answered")

// run serves until a signal asks it to stop or something fails for good. A
// second signal ends it at once.
func run(cfg config.Config) error {
	log := newLogger(os.Stderr, cfg.Debug)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, log) }()
	var asked time.Time
	for {
		select {
		case err := <-ended:
			return err
		case s := <-signals:
			if !asked.IsZero() {
				if time.Since(asked) > sameSignal {
					return errForced
				}
				continue
			}
			asked = time.Now()
			log.Info("shutting down; a second signal ends the process at once", "signal", s.String())
			cancel()
		}
	}
}

// serve starts a node and stops it when ctx is done or something fails.
func serve(ctx context.Context, cfg config.Config, log *logger) error {
	store := settings.New()
	n := node.New(node.Options{
		Config: cfg, Version: versionName(), Log: log.Logger, Banner: os.Stdout, Trace: os.Stderr,
		Listen: func(server *commands.Server, store *settings.Store, connections int) (node.Listener, error) {
			log.follow(store)
			return listen(server, store, cfg.Listen.Addr, connections, log.Logger)
		},
	}, store)
	err := n.Start(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-n.Failed():
		}
	} else if ctx.Err() != nil {
		err = nil // a signal interrupted the start
	}
	return errors.Join(err, n.Stop())
}

// logger is the log of the process, with a level that CONFIG SET changes.
type logger struct {
	*slog.Logger
	level slog.LevelVar
	debug bool // DEBUG: everything, whatever loglevel says
}

func newLogger(out io.Writer, debug bool) *logger {
	l := &logger{debug: debug}
	l.Logger = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: &l.level}))
	if debug {
		l.level.Set(slog.LevelDebug)
	}
	return l
}

// levels translates Redis' loglevel. Verbose lies between debug and notice;
// nothing is logged at that level.
var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "verbose": slog.LevelDebug + 2, "notice": slog.LevelInfo, "warning": slog.LevelWarn,
	"nothing": slog.LevelError + 100,
}

// follow sets the level that the settings ask for, now and when they change.
func (l *logger) follow(store *settings.Store) {
	if l.debug {
		return
	}
	set := func(v *settings.Values) error {
		l.level.Set(levels[v.Text(settings.LogLevel)])
		return nil
	}
	_ = set(store.Values()) // it has no way to fail
	store.OnChange(set, settings.LogLevel)
}

// handler adapts the server to the reactor: the two know nothing of each other.
type handler struct{ server *commands.Server }

func (h handler) Open(c *reactor.Conn) (reactor.Session, []byte) {
	return h.server.Open(c), nil
}

// reservedFiles is how many file descriptors stay free for all but clients and
// the connections to PostgreSQL.
const reservedFiles = 96

// listener is the reactor with the settings that it follows.
type listener struct {
	*reactor.Reactor
	settings *settings.Store
	log      *slog.Logger
}

// listen opens the listeners. connections is how many the node may hold to
// PostgreSQL.
func listen(server *commands.Server, store *settings.Store, addr string, connections int, log *slog.Logger) (*listener, error) {
	v := store.Values()
	addrs := []string{"tcp://" + addr}
	if path := v.Text(settings.UnixSocket); path != "" {
		addrs = append(addrs, "unix://"+path)
	}
	if err := tryListen(addrs); err != nil {
		return nil, err
	}
	limits := outputLimits(v)
	loops := reactor.DefaultLoops()
	r, err := reactor.New(handler{server}, reactor.Options{
		Addrs:            addrs,
		Loops:            loops,
		UnixPerm:         fs.FileMode(v.Int(settings.UnixSocketPerm)),
		MaxClients:       int(v.Int(settings.MaxClients)),
		ReservedFiles:    reservedFiles + connections,
		QueryBufferLimit: v.Int(settings.ClientQueryBufferLimit),
		OutputLimits:     &limits,
		IdleTimeout:      seconds(v, settings.Timeout),
		KeepAlive:        seconds(v, settings.TCPKeepAlive),
		Log:              log,
	})
	if err != nil {
		return nil, fmt.Errorf("UNIXSOCKET: %w", err)
	}
	// A loop that waits for its clients keeps a processor of Go's from everything
	// else until the runtime notices, which may take ten milliseconds: the workers
	// need as many processors beside those of the loops.
	runtime.GOMAXPROCS(max(2*loops, runtime.GOMAXPROCS(0)))
	l := &listener{r, store, log}
	l.followSettings()
	if err := r.Start(); err != nil {
		last := len(addrs) - 1 // TCP has just been tried
		return nil, config.ListenError([]string{"REDIS_ADDR", "UNIXSOCKET"}[last], addrs[last], err)
	}
	l.settleSettings()
	return l, nil
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
			return config.ListenError("REDIS_ADDR", addr, err)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// settleSettings corrects settings to what the system gave: CONFIG GET and INFO
// tell what is in force.
func (l *listener) settleSettings() {
	asked := l.settings.Int(settings.MaxClients)
	if allowed := int64(l.MaxClientsAllowed()); asked > allowed {
		l.log.Warn("maxclients is lowered to what the limit of open files allows", "asked", asked, "maxclients", allowed)
		l.settings.Init(settings.Assignment{Name: "maxclients", Value: strconv.FormatInt(allowed, 10)})
	}
	if a, ok := l.Addrs()[0].(*net.TCPAddr); ok {
		l.settings.Init(settings.Assignment{Name: "port", Value: strconv.Itoa(a.Port)})
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

// followSettings hands CONFIG SET on to the reactor.
func (l *listener) followSettings() {
	follow := func(id settings.ID, apply func(v *settings.Values)) {
		l.settings.OnChange(func(v *settings.Values) error { apply(v); return nil }, id)
	}
	follow(settings.ClientQueryBufferLimit, func(v *settings.Values) {
		l.SetQueryBufferLimit(v.Int(settings.ClientQueryBufferLimit))
	})
	follow(settings.Timeout, func(v *settings.Values) { l.SetIdleTimeout(seconds(v, settings.Timeout)) })
	follow(settings.TCPKeepAlive, func(v *settings.Values) { l.SetKeepAlive(seconds(v, settings.TCPKeepAlive)) })
	follow(settings.ClientOutputBufferLimit, func(v *settings.Values) { l.SetOutputLimits(outputLimits(v)) })
	l.settings.OnChange(func(v *settings.Values) error {
		asked := v.Int(settings.MaxClients)
		if allowed := l.MaxClientsAllowed(); asked > int64(allowed) {
			//nolint:staticcheck // the text of Redis
			return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", allowed)
		}
		l.SetMaxClients(int(asked))
		return nil
	}, settings.MaxClients)
}

// Connections are the reactor's figures.
func (l *listener) Connections() commands.ConnectionStats {
	s := l.Stats()
	return commands.ConnectionStats{
		Received: s.Received, Rejected: s.Rejected, BytesIn: s.BytesIn, BytesOut: s.BytesOut,
		QueryBufferCloses: s.QueryBufferCloses, OutputBufferCloses: s.OutputBufferCloses, IdleCloses: s.IdleCloses,
	}
}
