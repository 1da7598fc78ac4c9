package commands

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/blocked"
	"github.com/mnorrsken/postkeys/commands/cache"
	"github.com/mnorrsken/postkeys/commands/changes"
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/commands/pubsub"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/commands/tracking"
	"github.com/mnorrsken/postkeys/lua"
	"github.com/mnorrsken/postkeys/notify"
	"github.com/mnorrsken/postkeys/pg"
)

// Options configure a Server.
type Options struct {
	Engine *engine.Engine
	// PG is where the other nodes are found.
	PG       pg.Config
	Settings *settings.Store
	Cache    cache.Config
	// Version is postkeys' own version.
	Version string
	// Connections reports the figures of the listener; nil if there is none.
	Connections func() ConnectionStats
	Log         *slog.Logger
	// TraceLevel says which commands are written to Trace, see TraceOff.
	TraceLevel int
	Trace      io.Writer
}

// ConnectionsBeside is how many connections to PostgreSQL a server has beside
// those of its engine: one to sweep, one to hear other nodes, and one to tell
// them.
const ConnectionsBeside = 3

// Server is what all sessions share. Its methods are safe from any goroutine.
type Server struct {
	engine   *engine.Engine
	settings *settings.Store
	version  string
	log      *slog.Logger
	trace    *tracer // nil: off
	started  time.Time
	runID    string

	connections func() ConnectionStats

	// ready is false until PostgreSQL has been reached and the schema is in
	// place; until then storage commands are refused.
	ready atomic.Bool

	// lua runs scripts; scripts are those that this node knows.
	lua         *lua.Engine
	scripts     scriptCache
	scriptsKept atomic.Int64 // added by this node
	functions   functionCache
	scriptWatch scriptWatch
	// debugInScripts: scripts may send DEBUG.
	debugInScripts atomic.Bool

	sweep   *engine.Sweep
	clients clients
	pause   pause
	hub     *pubsub.Hub
	changes *changes.Hub
	cache   *cache.Cache // nil: off
	// cacheDistributed: other nodes keep the cache up to date.
	cacheDistributed bool
	blocked          *blocked.Registry
	bus              *notify.Bus
	// tracking knows which clients keep copies of what.
	tracking *tracking.Table
	guard    guard
	memory   memoryLimit
	stats    stats
	// events are the classes of keyspace events that are published, see applyEvents.
	events atomic.Uint32
	uses   *uses

	monitors monitors

	// keyspace remembers the figures of the section of INFO.
	keyspace keyspaceFigures

	// requestLimits are the decoder's limits, as the settings have them.
	requestLimits atomic.Pointer[codec.Limits]
}

// NewServer returns a server that refuses storage commands until SetReady.
func NewServer(o Options) *Server {
	s := &Server{
		engine: o.Engine, settings: o.Settings, version: o.Version, log: o.Log,
		started: time.Now(), runID: newRunID(), stats: newStats(),
		connections: o.Connections,
	}
	if o.TraceLevel > TraceOff {
		s.trace = &tracer{level: o.TraceLevel, out: o.Trace}
	}
	if s.connections == nil {
		s.connections = func() ConnectionStats { return ConnectionStats{} }
	}
	s.pause.serve = parked.resume
	s.hub = pubsub.NewHub()
	s.changes = changes.NewHub()
	s.bus = notify.New(notify.Options{PG: o.PG, Receiver: notify.Receivers{s.hub, s.changes, heir{s.engine}}, Beat: s.engine.Beat, Log: o.Log})
	s.blocked = blocked.New(blocked.Options{Engine: o.Engine, Declare: s.hearFilled})
	s.pause.over = s.blocked.Resume
	s.hub.SetPath(s.bus)
	s.changes.SetPath(s.bus)
	s.openCache(o.Cache)
	s.tracking = tracking.New(s.changes, s.findOutput)
	s.lua, s.scriptWatch.server = lua.New(lua.Options{Version: redisVersion}), s
	s.sweep = s.engine.NewSweep(s.expired, s.tellsExpiry)
	s.uses = newUses(o.Settings, s.started.Unix())
	s.clients.byID = make(map[int64]*Session)
	s.applyLimits(o.Settings.Values())
	o.Settings.OnChange(func(v *settings.Values) error {
		s.applyLimits(v)
		return nil
	}, settings.ProtoMaxBulkLen)
	s.memory.set(uint64(o.Settings.Int(settings.MaxMemory)))
	o.Settings.OnChange(s.applyMaxMemory, settings.MaxMemory, settings.MaxMemoryPolicy)
	s.applyEvents(o.Settings.Values())
	o.Settings.OnChange(func(v *settings.Values) error {
		s.applyEvents(v)
		return nil
	}, settings.NotifyKeyspaceEvents)
	s.boundTracking(o.Settings.Values())
	o.Settings.OnChange(func(v *settings.Values) error {
		s.boundTracking(v)
		return nil
	}, settings.TrackingTableMaxKeys)
	return s
}

func (s *Server) applyLimits(v *settings.Values) {
	limits := codec.DefaultLimits
	limits.MaxBulkBytes = v.Int(settings.ProtoMaxBulkLen)
	s.requestLimits.Store(&limits)
}

func (s *Server) limits() *codec.Limits { return s.requestLimits.Load() }

// SetReady lets storage commands in: a PostgreSQL of this version has answered
// and the schema is in place.
func (s *Server) SetReady(postgresVersion string) {
	s.engine.Reached(postgresVersion)
	s.ready.Store(true)
}

// Ready reports whether commands can be served now: the schema is in place and
// PostgreSQL has answered lately.
func (s *Server) Ready() bool { return s.ready.Load() && s.engine.Reachable() }

// clients is the list of open sessions.
type clients struct {
	mu   sync.Mutex
	byID map[int64]*Session
}

func (c *clients) add(s *Session) {
	c.mu.Lock()
	c.byID[s.conn.ID()] = s
	c.mu.Unlock()
}

// remove takes a session off the list; false if it is not there any more.
func (c *clients) remove(s *Session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, listed := c.byID[s.conn.ID()]
	delete(c.byID, s.conn.ID())
	return listed
}

// Connect keeps the server connected with the other nodes until ctx is done.
func (s *Server) Connect(ctx context.Context) { s.bus.Run(ctx) }

// Connected is closed once the server knows of the other nodes, or they cannot
// be reached.
func (s *Server) Connected() <-chan struct{} { return s.bus.Joined() }

// hearFilled says whether other nodes have to tell which keys they fill. What this
// node fills is told by job.Keep.
func (s *Server) hearFilled(on bool) {
	remote := changes.Interest(0)
	if on {
		remote = changes.Filled
	}
	s.changes.Listen(s.blocked, 0, remote)
}

// scriptClock is a clock for how long scripts take.
func (s *Server) scriptClock() time.Duration { return time.Since(s.started) }

// Sweep removes expired keys in the background until ctx is done.
func (s *Server) Sweep(ctx context.Context) { s.sweep.Run(ctx) }
