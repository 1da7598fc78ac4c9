package reactor

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"
)

// Options configure a Reactor. A zero field means its default.
type Options struct {
	// Addrs are the addresses to listen on: "tcp://127.0.0.1:6379", "tcp://:6379" (all interfaces), "unix:///run/x.sock".
	Addrs []string
	// UnixPerm is the mode of unix sockets; 0 leaves what the umask gives.
	UnixPerm fs.FileMode
	// Loops is the number of event loops; default DefaultLoops.
	Loops int

	// MaxClients bounds the connections; default 10000. It is lowered to what the file limit allows.
	MaxClients int
	// ReservedFiles are the file descriptors that stay free for everything but clients; default 128.
	ReservedFiles int
	// QueryBufferLimit bounds the undecoded input kept per connection, in bytes; default 1 GB.
	QueryBufferLimit int64
	// OutputLimits bound the unsent output per connection; default DefaultOutputLimits.
	OutputLimits *OutputLimits
	// IdleTimeout closes connections without traffic for that long; 0 is never.
	IdleTimeout time.Duration
	// KeepAlive is the time until the first TCP keep-alive probe; 0 is none.
	KeepAlive time.Duration

	// BatchCommands bounds the commands of one batch; default 1024.
	BatchCommands int
	// BatchBytes is where a batch stops taking further commands; default 1 MB. One larger command still fits.
	BatchBytes int
	// RunBatches is how many batches answered on the loop one connection may have before others get a turn; default 4.
	RunBatches int
	// ReadBuffer is the size of a loop's read buffer, in bytes; default 1 MB. A read that does not fill it goes back to
	// the poller, so it is also the most that one connection is read before others get a turn.
	ReadBuffer int
	// PauseBytes is how much undecoded input a connection may have behind a batch in flight before its socket is left
	// alone until there is less; default 1 MB, at most half of QueryBufferLimit.
	PauseBytes int

	// Now tells the time; default time.Now.
	Now func() time.Time
	// Log takes the log; default slog.Default.
	Log *slog.Logger
}

// DefaultLoops is one event loop for two of Go's processors, whose number knows the
// CPU quota: the other one is for what is not done on loops.
func DefaultLoops() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// withDefaults returns o with its zero fields filled in.
func (o Options) withDefaults() Options {
	set := func(p *int, d int) {
		if *p <= 0 {
			*p = d
		}
	}
	set(&o.Loops, DefaultLoops())
	set(&o.MaxClients, 10000)
	set(&o.ReservedFiles, 128)
	set(&o.BatchCommands, 1024)
	set(&o.BatchBytes, 1<<20)
	set(&o.RunBatches, 4)
	set(&o.ReadBuffer, 1<<20)
	set(&o.PauseBytes, 1<<20)
	if o.QueryBufferLimit <= 0 {
		o.QueryBufferLimit = 1 << 30
	}
	if o.OutputLimits == nil {
		l := DefaultOutputLimits()
		o.OutputLimits = &l
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// check refuses addresses that can't be listened on before anything is touched: gnet removes whatever stands at a unix
// socket's path, so nothing but a socket may stand there.
func (o Options) check() error {
	if len(o.Addrs) == 0 {
		return errors.New("reactor: no address to listen on")
	}
	for _, a := range o.Addrs {
		path, ok := strings.CutPrefix(a, "unix://")
		if !ok {
			if !strings.HasPrefix(a, "tcp://") {
				return errors.New("reactor: address " + a + " starts with neither tcp:// nor unix://")
			}
			continue
		}
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Type() != fs.ModeSocket {
			return errors.New("reactor: " + path + " exists and is not a socket")
		}
	}
	return nil
}
