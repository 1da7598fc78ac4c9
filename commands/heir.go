package commands

import (
	"github.com/mnorrsken/postkeys/commands/engine"
	"github.com/mnorrsken/postkeys/notify"
)

// heir has this node look for expired keys when another one has left, which may
// have written some: a node sweeps what it has written itself.
type heir struct{ engine *engine.Engine }

// Left implements notify.Receiver.
func (h heir) Left(int64, bool) { h.engine.Stir() }

// Lost implements notify.Receiver: who leaves meanwhile is not noticed.
func (h heir) Lost() { h.engine.Stir() }

// Receive implements notify.Receiver.
func (heir) Receive(int64, notify.Kind, []byte) {}

// State implements notify.Receiver.
func (heir) State(notify.Send) {}

// Changes implements notify.Receiver.
func (heir) Changes(notify.Send) {}
