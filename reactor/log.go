package reactor

import (
	"fmt"
	"log/slog"
	"sync/atomic"
)

// engineLog carries gnet's log lines into slog and keeps the last error, because gnet logs what stopped an engine and
// does not return it.
type engineLog struct {
	log  *slog.Logger
	last atomic.Pointer[string]
}

func (e *engineLog) Debugf(format string, args ...any) { e.log.Debug(fmt.Sprintf(format, args...)) }
func (e *engineLog) Infof(format string, args ...any)  { e.log.Debug(fmt.Sprintf(format, args...)) }
func (e *engineLog) Warnf(format string, args ...any)  { e.log.Warn(fmt.Sprintf(format, args...)) }

func (e *engineLog) Errorf(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	e.last.Store(&s)
	e.log.Error(s)
}

func (e *engineLog) Fatalf(format string, args ...any) { e.Errorf(format, args...) }
