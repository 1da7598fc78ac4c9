// Package embedded runs a PostgreSQL of postkeys' own: it finds or fetches the programs, creates the data directory once, starts the
// server with settings made for this job, waits until it answers, and stops it again.
//
// The package owns the directory it is given and the server in it, and nothing else: it creates no role, database or table beyond
// what initdb makes. It never weakens durability, and it never listens on the network unless a port was asked for. See DESIGN.md.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
)

// Config says which PostgreSQL to run and where. The zero value is usable.
type Config struct {
	// Dir holds the data, the log and the socket; "" means data/postgresql below the working directory. The same directory always
	// gives the same data.
	Dir string
	// MayMove allows a directory below /var/lib/postkeys in place of Dir when postkeys runs as root and the user that runs
	// PostgreSQL cannot enter Dir. It is implied when Dir is "".
	MayMove bool
	// BinDir holds initdb and postgres; "" means the pinned build, which is fetched with npm when it is missing.
	BinDir string
	// CacheDir keeps fetched builds; "" means a place next to the running program or in the user's cache.
	CacheDir string
	// Version is the major version, one of Versions; "" means that of the data, and DefaultVersion for new data.
	Version string
	// Port, unless 0, is a TCP port on 127.0.0.1 to listen on too; it asks for the generated password.
	Port int
	// MaxConnections is PostgreSQL's max_connections; 0 means 200.
	MaxConnections int
	// Settings are further settings by PostgreSQL's names; they win over the built-in ones. Those that give up durability are refused.
	Settings map[string]string
	// StopWithParent stops PostgreSQL when the process that started it dies by whatever cause (Linux only). Without it PostgreSQL
	// survives and the next Start takes it over.
	StopWithParent bool
	// Logger gets a few sentences per start; nil means slog.Default().
	Logger *slog.Logger
}

// Server is a running PostgreSQL. Its methods may be called from any goroutine.
type Server struct {
	cfg     Config
	lay     layout
	log     *slog.Logger
	process *process
	users   *fileLock
	reused  bool
}

// Start returns once PostgreSQL accepts connections; ctx bounds the wait. A server that is already running on the directory is
// shared: whichever Server is stopped last stops PostgreSQL.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Dir == "" {
		cfg.Dir, cfg.MayMove = filepath.Join("data", "postgresql"), true
	}
	if err := checkSettings(cfg.Settings); err != nil {
		return nil, err
	}
	lay, err := openLayout(&cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Version, err = chooseVersion(cfg.Version, lay.dataVersion()); err != nil {
		return nil, fmt.Errorf("%s: %w", lay.dir, err)
	}
	bin, err := findBinaries(ctx, &cfg, lay.account)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, lay: lay, log: cfg.Logger}
	if err := s.start(ctx, bin); err != nil {
		return nil, err
	}
	return s, nil
}

// start brings PostgreSQL up under the start lock, so that of several processes on one directory only one starts it:
//
//  1. take the start lock;
//  2. try the users lock exclusively: that tells whether another process uses the directory;
//  3. share, replace or start PostgreSQL;
//  4. hold the users lock in shared mode until Stop; release the start lock.
func (s *Server) start(ctx context.Context, bin string) (err error) {
	starting, err := lockFile(ctx, s.lay.path("start.lock"))
	if err != nil {
		return err
	}
	defer starting.release()
	if s.users, err = openLock(s.lay.path("users.lock")); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.users.release()
		}
	}()
	alone, err := s.users.try(exclusive)
	if err != nil {
		return err
	}
	if err := s.lay.initialise(ctx, bin, s.log); err != nil {
		return err
	}
	conf := s.lay.settings(&s.cfg)
	if err := s.share(ctx, bin, conf, alone); err != nil {
		return err
	}
	if s.process == nil {
		if err := s.launch(ctx, bin, conf); err != nil {
			return err
		}
	}
	if ok, err := s.users.try(shared); err != nil || !ok {
		return errors.Join(fmt.Errorf("%s: cannot hold the lock of its users", s.lay.dir), err)
	}
	return nil
}

// share takes over a PostgreSQL that already runs on the directory. It stops one that is ours alone and differs from what was asked for.
func (s *Server) share(ctx context.Context, bin, conf string, alone bool) error {
	p, err := s.lay.running()
	if err != nil || p == nil {
		return err
	}
	fits := s.lay.startedBy(bin) && s.lay.currentSettings() == conf
	if alone && !fits || s.lay.stopping() {
		s.log.Info("stopping the PostgreSQL that an earlier run left behind", "pid", p.pid, "dir", s.lay.dir)
		return p.stop(ctx)
	}
	if !fits {
		s.log.Warn("PostgreSQL is shared with another postkeys and keeps the settings it was started with", "pid", p.pid, "dir", s.lay.dir)
	}
	if err := s.lay.waitReady(ctx, p); err != nil {
		p.unwatch()
		return err
	}
	s.process, s.reused = p, true
	s.log.Info("PostgreSQL was already running", "pid", p.pid, "dir", s.lay.dir)
	return nil
}

// launch starts PostgreSQL as a child process and waits for it.
func (s *Server) launch(ctx context.Context, bin, conf string) error {
	if err := s.lay.writeSettings(conf); err != nil {
		return err
	}
	for {
		p, err := s.lay.spawn(bin, s.cfg.StopWithParent)
		if err != nil {
			return err
		}
		if err = s.lay.waitReady(ctx, p); err == nil {
			s.process = p
			s.log.Info("PostgreSQL is running", "pid", p.pid, "version", s.cfg.Version, "dir", s.lay.dir)
			return nil
		}
		if errors.Is(err, errRemainsOfCrash) && ctx.Err() == nil {
			continue
		}
		p.abandon()
		return err
	}
}

// Stop shuts PostgreSQL down unless another process still uses it. When ctx ends first, PostgreSQL is stopped at once and recovers
// at its next start. A second call does nothing.
func (s *Server) Stop(ctx context.Context) error {
	if s.users.released() {
		return nil
	}
	starting, err := lockFile(ctx, s.lay.path("start.lock"))
	if err != nil {
		return err
	}
	defer starting.release()
	defer s.users.release()
	last, err := s.users.try(exclusive)
	if err != nil {
		return err
	}
	if !last {
		s.process.unwatch()
		s.log.Info("PostgreSQL keeps running for another postkeys", "pid", s.process.pid, "dir", s.lay.dir)
		return nil
	}
	return s.process.stop(ctx)
}

// Leave gives PostgreSQL up and lets it run, for whoever comes next. Stop does nothing afterwards.
func (s *Server) Leave() {
	if s.users.released() {
		return
	}
	s.process.unwatch()
	s.users.release()
}

// Exited is closed when PostgreSQL ends, whoever ended it, as long as this Server is not stopped. Start may be called again then.
func (s *Server) Exited() <-chan struct{} { return s.process.exited }

// Err says why PostgreSQL ended, from its log; nil while it runs.
func (s *Server) Err() error {
	select {
	case <-s.process.exited:
		return s.lay.failure("PostgreSQL ended", s.process)
	default:
		return nil
	}
}

// PID is the process number of the postmaster.
func (s *Server) PID() int { return s.process.pid }

// Dir is where the data is: Config.Dir, made absolute, or the place it had to move to.
func (s *Server) Dir() string { return s.lay.dir }

// Version is the major version that runs.
func (s *Server) Version() string { return s.cfg.Version }

// Reused tells whether PostgreSQL was running before Start.
func (s *Server) Reused() bool { return s.reused }

// SocketDir is the directory of the Unix socket, which pgx and libpq take in place of a host name.
func (s *Server) SocketDir() string { return s.lay.socketDir }

// SocketPort is the number in the name of the Unix socket.
func (s *Server) SocketPort() int { return s.lay.port }

// DSN is a connection string for a database of this server, as the superuser, over the Unix socket.
func (s *Server) DSN(database string) string { return s.lay.dsn(database) }

// chooseVersion settles on a major version that fits both the configuration and the data.
func chooseVersion(wanted, data string) (string, error) {
	if wanted == "" {
		if data != "" {
			return data, nil
		}
		return DefaultVersion, nil
	}
	if data != "" && data != wanted {
		return "", fmt.Errorf("the data was written by PostgreSQL %s and cannot be opened by %s: run version %s, or use another directory",
			data, wanted, data)
	}
	return wanted, nil
}

// supported names the platforms a pinned build exists for.
func supported() error {
	if _, ok := packageArch[runtime.GOARCH]; runtime.GOOS != "linux" || !ok {
		return fmt.Errorf("there is no pinned PostgreSQL for %s/%s: set PG_EMBEDDED_BIN_DIR to a directory with initdb and postgres %s",
			runtime.GOOS, runtime.GOARCH, strings.Join(Versions, ", "))
	}
	return nil
}
