package tracking

import "github.com/mnorrsken/postkeys/codec"

// Channel is where clients that speak RESP2 get the messages of others.
const Channel = "__redis__:invalidate"

// Message names keys that are not to be kept any more, or all of them. It is
// encoded when the first client wants it, with Table.mu held.
type Message struct {
	payload      []byte
	resp2, resp3 []byte
}

// forgetAll is the message of all keys. Its null is in the protocol of the client
// that has the copies, whoever it is sent to, as in Redis.
func forgetAll(resp3 bool) *Message {
	e := codec.Encoder{RESP3: resp3}
	e.Null()
	return &Message{payload: e.Buf}
}

// forget is the message of some keys.
func forget[N string | []byte](names ...N) *Message {
	size := 16
	for _, name := range names {
		size += len(name) + 16
	}
	e := codec.Encoder{Buf: make([]byte, 0, size)}
	e.Array(len(names))
	for _, name := range names {
		e.BulkString(string(name))
	}
	return &Message{payload: e.Buf}
}

// Push returns the message as a push of RESP3, which must not be changed.
func (m *Message) Push() []byte {
	if m.resp3 == nil {
		e := codec.Encoder{RESP3: true}
		e.Push(2)
		e.BulkString("invalidate")
		e.Raw(m.payload)
		m.resp3 = e.Buf
	}
	return m.resp3
}

// Published returns it as a message that was published to Channel, in RESP2; it
// must not be changed.
func (m *Message) Published() []byte {
	if m.resp2 == nil {
		e := codec.Encoder{}
		e.Push(3)
		e.BulkString("message")
		e.BulkString(Channel)
		e.Raw(m.payload)
		m.resp2 = e.Buf
	}
	return m.resp2
}
