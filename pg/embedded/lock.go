package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Modes of a file lock.
const (
	shared    = syscall.LOCK_SH
	exclusive = syscall.LOCK_EX
)

// fileLock is an advisory lock between processes; the kernel drops it when its holder dies.
type fileLock struct {
	mu sync.Mutex
	f  *os.File // nil once released
}

// openLock opens the file without locking it.
func openLock(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileLock{f: f}, nil
}

// lockFile waits for the exclusive lock on path until ctx ends.
func lockFile(ctx context.Context, path string) (*fileLock, error) {
	l, err := openLock(path)
	if err != nil {
		return nil, err
	}
	for {
		ok, err := l.try(exclusive)
		if err == nil && ok {
			return l, nil
		}
		if err == nil {
			err = pause(ctx, 50*time.Millisecond)
		}
		if err != nil {
			l.release()
			return nil, fmt.Errorf("waiting for the lock %s: %w", path, err)
		}
	}
}

// try takes or converts the lock if no other holder is in the way.
func (l *fileLock) try(mode int) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return false, os.ErrClosed
	}
	for {
		err := syscall.Flock(int(l.f.Fd()), mode|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, fmt.Errorf("locking %s: %w", l.f.Name(), err)
		}
	}
}

// released tells whether the lock was given up.
func (l *fileLock) released() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.f == nil
}

// release gives the lock up; later calls do nothing.
func (l *fileLock) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil {
		l.f.Close()
		l.f = nil
	}
}

// pause waits for d, or for the end of ctx, whose error it returns.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
