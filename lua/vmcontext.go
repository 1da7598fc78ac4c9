package lua

import (
	"context"
	"errors"
	"time"
)

// vmContext is the context that gopher-lua asks before each instruction. Done is that question: it costs one atomic load, where a
// real context would cost a channel operation. Libraries that work long in Go ask Err now and then.
type vmContext struct {
	ctl *Control
	in  *interp
}

var (
	_ context.Context = (*vmContext)(nil)

	closedChannel = func() chan struct{} {
		c := make(chan struct{})
		close(c)
		return c
	}()

	errStopped = errors.New("script was stopped")
)

// Done returns a closed channel once the run is to stop, before that nil, which is never ready.
func (c *vmContext) Done() <-chan struct{} {
	if c.ctl.state.Load()&stopMask != 0 {
		return closedChannel
	}
	return nil
}

// Err tells whether the run is to stop.
func (c *vmContext) Err() error {
	if c.ctl.stopped() != 0 {
		return errStopped
	}
	return nil
}

// Deadline implements context.Context: there is none.
func (c *vmContext) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context: there are none.
func (c *vmContext) Value(any) any { return nil }
