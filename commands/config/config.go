// Package config reads the settings of a node from the environment, checks
// them once, and describes them.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mnorrsken/postkeys/commands"
	"github.com/mnorrsken/postkeys/commands/cache"
	"github.com/mnorrsken/postkeys/commands/settings"
	"github.com/mnorrsken/postkeys/pg"
	"github.com/mnorrsken/postkeys/pg/embedded"
)

// Config is all that the environment decides, one part per package. Load fills and checks it once at start;
// after that it is only copied.
type Config struct {
	Listen   Listen
	Metrics  Metrics
	Postgres Postgres
	Embedded Embedded
	Cache    cache.Config

	// Debug lowers the log level to debug, whatever loglevel says.
	Debug bool

	// Trace is which commands are shown, commands.TraceOff to commands.TraceAll.
	Trace int

	// Warnings name the settings that were given and change nothing in this version.
	Warnings []string

	// Redis holds the parameters of Redis that differ from their default at start, for settings.Store.Init. Port and
	// bind are among them and follow Listen.Addr.
	Redis []settings.Assignment
}

// Listen says where clients connect.
type Listen struct {
	Addr string // host:port; no host: all interfaces; port 0: any free one. Default ":6379"
}

// Metrics is the HTTP listener for metrics and health.
type Metrics struct {
	Addr     string // host:port, empty: no listener. Default ":9090"
	Profiles bool   // serve /debug/pprof too. Default false
}

// Postgres says how to reach PostgreSQL.
type Postgres struct {
	DSN              Secret        // wins over the parts below; default: none
	Host             string        // name, address or directory of the socket; default "localhost"
	Port             int           // default 5432
	User             string        // default "postgres"
	Password         Secret        // default "postgres"
	Database         string        // default "postkeys"
	SSLMode          string        // one of sslModes; default "disable"
	SSLRootCert      string        // file; default: the system's authorities
	SSLCert          string        // file; default: none
	SSLKey           string        // file; default: none
	MaxConns         int           // connections of all uses together; 0: chosen from the processors, at most usualConns. Default 0
	StatementTimeout time.Duration // per statement, 0: none. Default 10 s
	ConnectTimeout   time.Duration // per attempt. Default 5 s
}

// Embedded is the PostgreSQL that postkeys runs itself.
type Embedded struct {
	Enabled bool   // default false
	Dir     string // data, log and socket. Default "./data/postgres"
	MayMove bool   // Dir is the default, so another place will do where it cannot be used
	BinDir  string // directory of initdb and postgres. Default: a pinned build that is fetched once
	Port    int    // TCP port on 127.0.0.1, 0: unix socket only. Default 0
	Version string // major version. Default: that of the data, or the newest
}

// leastConns is what the server needs: one connection for each kind of rounds, one for the removal of expired keys, and two for
// what nodes tell each other.
// usualConns bounds what it chooses by itself: PostgreSQL allows 100 if nobody changed that, and other nodes want some.
const (
	leastConns = 7
	usualConns = 40
)

// Secret is text that shows as stars wherever it is printed or logged.
type Secret string

const stars = "***"

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return stars
}

// GoString hides the text from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// LogValue hides the text from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// sslModes are those of libpq, from trusting to strict.
var sslModes = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

// variable is one setting of the environment.
type variable struct {
	name  string
	def   string // what an unset variable means; parsed like any other value
	doc   string
	empty bool // an empty value counts; otherwise it is as good as unset
	set   func(c *Config, value string) error
}

// variables lists the settings that are not parameters of Redis, in the order of --help.
var variables = []variable{
	{name: "REDIS_ADDR", def: ":6379", doc: "address to listen on", set: address(func(c *Config) *string { return &c.Listen.Addr })},
	{name: "REDIS_PASSWORD", doc: "password clients have to give (also REQUIREPASS)", set: parameter("requirepass")},
	{name: "REDIS_UNIX_SOCKET", doc: "path of a unix socket to listen on as well (also UNIXSOCKET)", set: parameter("unixsocket")},
	{name: "METRICS_ADDR", def: ":9090", doc: "address of metrics and health checks, empty for none", empty: true,
		set: optional(address(func(c *Config) *string { return &c.Metrics.Addr }))},
	{name: "PPROF", def: "false", doc: "serve profiles of the running process there too, under /debug/pprof/",
		set: boolean(func(c *Config) *bool { return &c.Metrics.Profiles })},

	{name: "PG_DSN", doc: "connection string of PostgreSQL, URL or key=value, in place of the parts below",
		set: text(func(c *Config) *Secret { return &c.Postgres.DSN })},
	{name: "PG_HOST", def: "localhost", doc: "host of PostgreSQL, or the directory of its socket",
		set: text(func(c *Config) *string { return &c.Postgres.Host })},
	{name: "PG_PORT", def: "5432", doc: "its port", set: integer(1, 65535, func(c *Config) *int { return &c.Postgres.Port })},
	{name: "PG_USER", def: "postgres", doc: "user", set: text(func(c *Config) *string { return &c.Postgres.User })},
	{name: "PG_PASSWORD", def: "postgres", doc: "password", empty: true,
		set: text(func(c *Config) *Secret { return &c.Postgres.Password })},
	{name: "PG_DATABASE", def: "postkeys", doc: "database, created if missing",
		set: text(func(c *Config) *string { return &c.Postgres.Database })},
	{name: "PG_SSLMODE", def: "disable", doc: "TLS to PostgreSQL: " + strings.Join(sslModes, ", "),
		set: oneOf(sslModes, func(c *Config) *string { return &c.Postgres.SSLMode })},
	{name: "PG_SSLROOTCERT", doc: "file with the authorities to trust", set: text(func(c *Config) *string { return &c.Postgres.SSLRootCert })},
	{name: "PG_SSLCERT", doc: "file with the certificate to show", set: text(func(c *Config) *string { return &c.Postgres.SSLCert })},
	{name: "PG_SSLKEY", doc: "file with its key", set: text(func(c *Config) *string { return &c.Postgres.SSLKey })},
	{name: "PG_MAX_CONNS", def: "0", doc: "connections to PostgreSQL, 7 or more, or 0 to choose from the number of processors",
		set: connections},
	{name: "PG_STATEMENT_TIMEOUT", def: "10s", doc: "longest time of one statement, 0s for no limit",
		set: duration(0, func(c *Config) *time.Duration { return &c.Postgres.StatementTimeout })},
	{name: "PG_CONNECT_TIMEOUT", def: "5s", doc: "longest time of one attempt to connect",
		set: duration(time.Millisecond, func(c *Config) *time.Duration { return &c.Postgres.ConnectTimeout })},

	{name: "PG_EMBEDDED", def: "false", doc: "run a PostgreSQL of postkeys' own in place of PG_DSN and PG_HOST",
		set: boolean(func(c *Config) *bool { return &c.Embedded.Enabled })},
	{name: "PG_EMBEDDED_DIR", def: "./data/postgres", doc: "where it keeps its data",
		set: text(func(c *Config) *string { return &c.Embedded.Dir })},
	{name: "PG_EMBEDDED_BIN_DIR", doc: "directory of initdb and postgres, fetched once if not given",
		set: text(func(c *Config) *string { return &c.Embedded.BinDir })},
	{name: "PG_EMBEDDED_PORT", def: "0", doc: "TCP port on 127.0.0.1 for it, 0 for its socket only",
		set: integer(0, 65535, func(c *Config) *int { return &c.Embedded.Port })},
	{name: "PG_EMBEDDED_VERSION", doc: "its major version, by default that of the data or the newest: " + strings.Join(embedded.Versions, ", "),
		set: oneOf(embedded.Versions, func(c *Config) *string { return &c.Embedded.Version })},

	{name: "CACHE_ENABLED", def: "false", doc: "keep values that GET has read in memory",
		set: boolean(func(c *Config) *bool { return &c.Cache.Enabled })},
	{name: "CACHE_TTL", def: "250ms", doc: "how long a value is kept",
		set: duration(time.Millisecond, func(c *Config) *time.Duration { return &c.Cache.TTL })},
	{name: "CACHE_MAX_SIZE", def: "10000", doc: "values kept, of up to 4 KB; larger ones count as several",
		set: integer(1, math.MaxInt32, func(c *Config) *int { return &c.Cache.MaxSize })},
	{name: "CACHE_DISTRIBUTED_INVALIDATION", def: "false", doc: "hear of what other nodes write, by LISTEN and NOTIFY",
		set: boolean(func(c *Config) *bool { return &c.Cache.Distributed })},
	{name: "CACHE_SMART_POLICY", def: "false", doc: "leave out keys that expire soon or are written often",
		set: boolean(func(c *Config) *bool { return &c.Cache.Smart })},
	{name: "CACHE_MIN_TTL", def: "1s", doc: "for that: the shortest time to live of a key that is kept",
		set: duration(0, func(c *Config) *time.Duration { return &c.Cache.MinTTL })},
	{name: "CACHE_MAX_WRITE_FREQ", def: "10", doc: "for that: the most writes a second to a key that is kept",
		set: integer(0, math.MaxInt32, func(c *Config) *int { return &c.Cache.MaxWriteFreq })},
	{name: "CACHE_WRITE_TRACKING_WINDOW", def: "10s", doc: "for that: the time over which writes are counted",
		set: duration(100*time.Millisecond, func(c *Config) *time.Duration { return &c.Cache.WriteWindow })},
	{name: "CACHE_EXCLUDE_PATTERNS", doc: "keys that are never kept: patterns as those of KEYS, separated by commas",
		set: patterns(func(c *Config) *[]string { return &c.Cache.Exclude })},
	{name: "CACHE_INCLUDE_PATTERNS", doc: "keys that are kept whatever the policy and CACHE_EXCLUDE_PATTERNS say",
		set: patterns(func(c *Config) *[]string { return &c.Cache.Include })},

	{name: "TRACE", def: "0", doc: "write commands and replies to standard error: 1 administration and errors, 2 most, 3 all",
		set: integer(commands.TraceOff, commands.TraceAll, func(c *Config) *int { return &c.Trace })},
	{name: "DEBUG", def: "false", doc: "1 logs debug messages", set: boolean(func(c *Config) *bool { return &c.Debug })},
}

// ineffective lists settings that belong to parts this version does not have. Values are checked, and one that asks for
// more than the default leads to a warning at start: nothing is ignored in silence. None of them would change a reply.
var ineffective = []variable{
	{name: "SQLTRACE", def: "0", doc: "log SQL, 0 to 3", set: integer(0, 3, ignored[int])},
}

// Load reads the environment, given as os.Environ gives it. The error joins one line for every setting that is
// wrong.
func Load(environ []string) (Config, error) {
	env := make(map[string]string, len(environ))
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	var c Config
	var errs []error
	for i, v := range slices.Concat(variables, ineffective) {
		value, given := env[v.name]
		if !given || value == "" && !v.empty {
			value = v.def
		}
		if value == "" && !v.empty {
			continue
		}
		if err := v.set(&c, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", v.name, err))
		} else if i >= len(variables) && !v.isDefault(value) {
			c.Warnings = append(c.Warnings, v.name)
		}
	}
	errs = append(errs, c.loadParameters(env)...)
	errs = append(errs, c.checkTogether(env)...)
	return c, errors.Join(errs...)
}

// loadParameters reads the parameters of Redis. Some have another name of our own; both together must not disagree.
func (c *Config) loadParameters(env map[string]string) (errs []error) {
	given := map[string]string{} // parameter -> the variable that set it
	values := map[string]string{}
	for _, a := range c.Redis {
		values[a.Name] = a.Value
		given[a.Name] = map[string]string{"requirepass": "REDIS_PASSWORD", "unixsocket": "REDIS_UNIX_SOCKET"}[a.Name]
	}
	scratch := settings.New()
	for _, p := range settings.All() {
		if !p.FromEnvironment() {
			continue
		}
		for _, name := range []string{p.Name, p.Alias} {
			variable := variableName(name)
			value, ok := env[variable]
			if !ok || name == "" || value == "" && p.Kind != settings.Text && p.Kind != settings.Special {
				continue
			}
			if first := given[p.Name]; first != "" {
				if values[p.Name] != value {
					errs = append(errs, fmt.Errorf("%s: contradicts %s", variable, first))
				}
				continue
			}
			given[p.Name], values[p.Name] = variable, value
			a := settings.Assignment{Name: p.Name, Value: value}
			for _, err := range scratch.Init(a) {
				errs = append(errs, fmt.Errorf("%s: %q: %w", variable, a.ShownValue(), errors.Unwrap(err)))
			}
			c.Redis = append(c.Redis, a)
		}
	}
	if scratch.Int(settings.Databases) > pg.MaxDatabases {
		errs = append(errs, fmt.Errorf("DATABASES: more than %d are not possible", pg.MaxDatabases))
	}
	if err := scratch.Values().CheckEviction(); err != nil {
		errs = append(errs, fmt.Errorf("MAXMEMORY: %w", err))
	}
	if host, port, err := net.SplitHostPort(c.Listen.Addr); err == nil {
		if host == "" {
			host = "* -::*"
		}
		c.Redis = append(c.Redis, settings.Assignment{Name: "bind", Value: host}, settings.Assignment{Name: "port", Value: port})
	}
	return errs
}

// variableName is the environment variable of a parameter of Redis.
func variableName(parameter string) string {
	return strings.ToUpper(strings.ReplaceAll(parameter, "-", "_"))
}

// checkTogether finds settings that are right alone and wrong together.
func (c *Config) checkTogether(env map[string]string) (errs []error) {
	c.Embedded.MayMove = env["PG_EMBEDDED_DIR"] == ""
	if c.Metrics.Profiles && c.Metrics.Addr == "" {
		errs = append(errs, errors.New("PPROF: needs METRICS_ADDR"))
	}
	parts := []string{"PG_HOST", "PG_PORT", "PG_USER", "PG_PASSWORD", "PG_DATABASE", "PG_SSLMODE", "PG_SSLROOTCERT", "PG_SSLCERT", "PG_SSLKEY"}
	if c.Postgres.DSN != "" {
		for _, name := range parts {
			if env[name] != "" {
				errs = append(errs, fmt.Errorf("%s: cannot be set together with PG_DSN", name))
			}
		}
	}
	if c.Embedded.Enabled {
		for _, name := range append([]string{"PG_DSN"}, parts...) {
			if env[name] != "" {
				errs = append(errs, fmt.Errorf("%s: cannot be set together with PG_EMBEDDED=true", name))
			}
		}
		return errs
	}
	for _, v := range variables {
		if strings.HasPrefix(v.name, "PG_EMBEDDED_") && env[v.name] != "" {
			errs = append(errs, fmt.Errorf("%s: needs PG_EMBEDDED=true", v.name))
		}
	}
	return errs
}

// ConnString returns the connection string. It holds the password: people see pg.Config.Place instead.
func (p Postgres) ConnString() string {
	if p.DSN != "" {
		return string(p.DSN)
	}
	escape := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var words []string
	for _, kv := range [][2]string{{"host", p.Host}, {"port", strconv.Itoa(p.Port)}, {"user", p.User}, {"password", string(p.Password)},
		{"dbname", p.Database}, {"sslmode", p.SSLMode}, {"sslrootcert", p.SSLRootCert}, {"sslcert", p.SSLCert}, {"sslkey", p.SSLKey}} {
		if kv[1] != "" {
			words = append(words, kv[0]+"='"+escape.Replace(kv[1])+"'")
		}
	}
	return strings.Join(words, " ")
}

// Connections is how many connections to PostgreSQL the node may hold.
func (p Postgres) Connections() int {
	if p.MaxConns > 0 {
		return p.MaxConns
	}
	return usualConns
}

// Blame names the setting that an error about PostgreSQL comes from: PG_DSN, or part if there is none.
func (p Postgres) Blame(part string) string {
	if p.DSN != "" {
		return "PG_DSN"
	}
	return part
}

// ListenError is one line about an address that a setting asked for.
func ListenError(setting, addr string, err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno
	}
	return fmt.Errorf("%s: cannot listen on %s: %w", setting, addr, err)
}
