package codec

import (
	"errors"
	"sync"
)

// Batch holds the complete commands decoded from one connection at one time and owns the bytes of their arguments.
type Batch struct {
	args  [][]byte // of all commands, one after the other
	ends  []int    // ends[i] is where the arguments of command i end in args
	buf   []byte
	bytes int
}

var batchPool = sync.Pool{New: func() any { return new(Batch) }}

// maxPooledArgs bounds the memory that a pooled batch keeps after a giant command.
const maxPooledArgs = 16384

// NewBatch returns an empty batch from the pool.
func NewBatch() *Batch { return batchPool.Get().(*Batch) }

// Len is the number of commands.
func (b *Batch) Len() int { return len(b.ends) }

// Args returns the arguments of command i, the name first. There is at least one. They are valid until Release.
func (b *Batch) Args(i int) [][]byte {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.args[start:b.ends[i]:b.ends[i]]
}

// Bytes is the size of the commands as they arrived.
func (b *Batch) Bytes() int { return b.bytes }

// Release gives the batch and its buffer back to their pools. Nothing obtained from it may be used afterwards.
func (b *Batch) Release() {
	PutBuffer(b.buf)
	if cap(b.args) > maxPooledArgs {
		*b = Batch{}
	} else {
		clear(b.args)
		*b = Batch{args: b.args[:0], ends: b.ends[:0]}
	}
	batchPool.Put(b)
}

// Fill decodes commands from buf until the bytes end, maxCommands or maxBytes is reached, or a command is bad. The batch
// MUST be empty. Empty commands are dropped. At least one command is taken, even if it alone exceeds maxBytes.
//
// If Len is then above 0, the batch owns buf; else the caller still does. rest is the part of buf that was not decoded:
// a caller that no longer owns buf copies rest before handing the batch on, and passes it, followed by what arrives
// later, to the next Fill with the same decoder. d.Pending tells whether rest begins an incomplete command, so that
// decoding it again makes no sense before more bytes are there.
//
// The error is nil or a *ProtocolError; the commands in front of the bad one are in the batch.
func (b *Batch) Fill(d *Decoder, buf []byte, lim *Limits, maxCommands, maxBytes int) (rest []byte, err error) {
	rest = buf
	for len(rest) > 0 && len(b.ends) < maxCommands && (b.bytes < maxBytes || len(b.ends) == 0) {
		args, n, err := d.Decode(rest, b.args, lim)
		if err != nil {
			b.own(buf)
			if errors.Is(err, ErrIncomplete) {
				err = nil
			}
			return rest, err
		}
		rest = rest[n:]
		if len(args) > len(b.args) {
			b.bytes += n
			b.args = args
			b.ends = append(b.ends, len(args))
		}
	}
	b.own(buf)
	return rest, nil
}

func (b *Batch) own(buf []byte) {
	if len(b.ends) > 0 {
		b.buf = buf
	}
}
