package servertest

import "sync"

// maxLogBytes bounds what is kept of a server's log: the end of it, where the reason of a failure stands.
const maxLogBytes = 256 << 10

// logBuffer keeps the last bytes written to it. It may be used from any goroutine.
type logBuffer struct {
	mu  sync.Mutex
	buf []byte
}

// Write implements io.Writer and never fails.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(l.buf, p...)
	if extra := len(l.buf) - maxLogBytes; extra > 0 {
		l.buf = append(l.buf[:0], l.buf[extra:]...)
	}
	return len(p), nil
}

// String returns what is kept.
func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf)
}
