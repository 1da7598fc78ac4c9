package servertest

import (
	"bytes"
	"sync"
)

// maxLogBytes bounds what is kept of a server's log: the end of it, where the reason of a failure stands.
const maxLogBytes = 256 << 10

// raceMark begins the report of a data race in a server built with the race detector.
var raceMark = []byte("WARNING: DATA RACE")

// logBuffer keeps the last bytes written to it. It may be used from any goroutine.
type logBuffer struct {
	mu    sync.Mutex
	buf   []byte
	raced bool // a data race has been reported, maybe long ago
}

// Write implements io.Writer and never fails.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, p...)
	// The mark may have come in two pieces.
	if fresh := l.buf[max(0, len(l.buf)-len(p)-len(raceMark)):]; bytes.Contains(fresh, raceMark) {
		l.raced = true
	}
	if extra := len(l.buf) - maxLogBytes; extra > 0 {
		l.buf = append(l.buf[:0], l.buf[extra:]...)
	}
	return len(p), nil
}

// sawRace tells whether a data race has been reported.
func (l *logBuffer) sawRace() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.raced
}

// String returns what is kept.
func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf)
}
