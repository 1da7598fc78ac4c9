package reactor

import "github.com/mnorrsken/postkeys/codec"

// input keeps the bytes of one connection that are received and not decoded. Empty, it holds no buffer.
type input struct {
	buf  []byte
	off  int // the bytes before it are decoded; above 0 only while a long pipeline is cut up
	want int // the frame at off is incomplete with fewer bytes than this; 0 if nothing is known
	size int // bytes to try for the next batch, learnt from the last; 0 if nothing is known
}

// minPiece is the least that is cut off a long pipeline for a batch.
const minPiece = 4 << 10

func (in *input) len() int { return len(in.buf) - in.off }

// add appends a copy of p. The buffer doubles as bytes arrive, and never grows because a client announces a length.
func (in *input) add(p []byte) {
	if in.buf == nil {
		in.buf = append(codec.GetBuffer(len(p)), p...)
		return
	}
	n := in.len() + len(p)
	switch {
	case len(in.buf)+len(p) <= cap(in.buf):
		in.buf = append(in.buf, p...)
		return
	case n <= cap(in.buf)/2:
		in.buf = append(in.buf[:copy(in.buf, in.buf[in.off:])], p...)
		in.off = 0
		return
	}
	size := 2 * cap(in.buf)
	if in.want >= n && in.want < size {
		size = in.want // the end of a large frame is in sight: what doubling adds beyond it would be waste
	}
	b := append(codec.GetBuffer(max(size, n)), in.buf[in.off:]...)
	codec.PutBuffer(in.buf)
	in.buf, in.off = append(b, p...), 0
}

// drop forgets everything.
func (in *input) drop() {
	codec.PutBuffer(in.buf)
	*in = input{}
}

// cut takes a piece of about size bytes to decode from, at least want. If that is most of what there is the buffer
// itself is handed out, else a copy: so cutting up a long pipeline copies each byte once, not once per batch. It returns
// nil if decoding can't get anywhere.
func (in *input) cut(size int) (piece []byte, whole bool) {
	n := in.len()
	if n == 0 || n < in.want {
		return nil, false
	}
	size = max(size, in.want)
	if in.off == 0 && n <= 2*size {
		piece, in.buf = in.buf, nil
		return piece, true
	}
	size = min(size, n)
	piece = append(codec.GetBuffer(size), in.buf[in.off:in.off+size]...)
	in.off += size
	return piece, false
}

// giveBack returns what was not decoded of a piece. owned says that the rest of the piece's buffer is still the caller's.
func (in *input) giveBack(piece, rest []byte, whole, owned bool) {
	switch {
	case !whole:
		in.off -= len(rest)
		if in.off == len(in.buf) {
			in.drop()
		}
		if owned {
			codec.PutBuffer(piece)
		}
	case len(rest) == 0:
		in.drop()
		if owned {
			codec.PutBuffer(piece)
		}
	case owned:
		in.buf = piece[:copy(piece, rest)]
	default:
		in.buf = append(codec.GetBuffer(len(rest)), rest...)
	}
}

// fill decodes the next batch, nil if no command is complete. A protocol error is returned with the batch in front of it,
// if any; the input is worthless then.
func (in *input) fill(d *codec.Decoder, lim *codec.Limits, maxCommands, maxBytes int) (*codec.Batch, error) {
	size := in.size
	if size == 0 {
		size = maxBytes
	}
	for ; ; size *= 2 {
		piece, whole := in.cut(size)
		if piece == nil {
			return nil, nil
		}
		b := codec.NewBatch()
		rest, err := b.Fill(d, piece, lim, maxCommands, maxBytes)
		owned := b.Len() == 0
		in.giveBack(piece, rest, whole, owned)
		in.want = 0
		if d.Pending() {
			in.want = len(rest) + max(d.Need(), 1)
		}
		if !owned {
			in.learn(size, b, maxCommands, maxBytes)
			return b, err
		}
		b.Release()
		if err != nil || whole {
			return nil, err
		}
	}
}

// learn sets the size of the next piece after b was decoded from one of the given size: a bit more than b took if b is
// full, else twice as much as was tried.
func (in *input) learn(size int, b *codec.Batch, maxCommands, maxBytes int) {
	switch {
	case in.buf == nil:
		return
	case b.Len() == maxCommands:
		size = b.Bytes() + b.Bytes()/4
	default:
		size *= 2
	}
	in.size = min(max(size, minPiece), maxBytes)
}
