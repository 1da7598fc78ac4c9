package notify

import (
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/mnorrsken/postkeys/pg"
)

// A packet is a list of events with a header:
//
//	node     8 bytes   who sends it
//	number   8 bytes   counts the packets of that node; PostgreSQL drops a
//	                   payload that a transaction has sent already, and a packet
//	                   of unknown outcome is sent again
//	to       8 bytes   the node that it is for, 0 for all
//	events             kind (1 byte), length (uvarint), data
//
// It travels as text, in base64: a payload holds no zero bytes, and has to be
// valid in the encoding of the database.
const headerBytes = 24

// maxPacket is the most bytes that fit into a payload.
const maxPacket = pg.MaxPayload / 4 * 3

// Kind says what an event is about. Those below FirstKind are the bus' own.
type Kind byte

const (
	kindAsk      Kind = iota // send me your state
	kindState                // what follows, up to kindStateEnd, is all of my state
	kindStateEnd             //
	kindStored               // the event is in a table, under the packet's number; data is its length

	// FirstKind is the first that receivers may use.
	FirstKind
)

// everybody is the recipient of most packets.
const everybody int64 = 0

type header struct{ node, number, to int64 }

// appendHeader begins a packet; its number is set when it leaves.
func appendHeader(dst []byte, h header) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.node))
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.number))
	return binary.BigEndian.AppendUint64(dst, uint64(h.to))
}

func setNumber(packet []byte, number int64) {
	binary.BigEndian.PutUint64(packet[8:], uint64(number))
}

// eventBytes is the most that an event with that much data takes.
func eventBytes(data int) int { return 1 + binary.MaxVarintLen32 + data }

// dataBytes is the length of an event's data.
func dataBytes(data [][]byte) (n int) {
	for _, d := range data {
		n += len(d)
	}
	return n
}

func appendEvent(dst []byte, k Kind, data ...[]byte) []byte {
	dst = binary.AppendUvarint(append(dst, byte(k)), uint64(dataBytes(data)))
	for _, d := range data {
		dst = append(dst, d...)
	}
	return dst
}

var errMalformed = errors.New("a packet between nodes is malformed")

func parseHeader(packet []byte) (h header, events []byte, err error) {
	if len(packet) < headerBytes {
		return h, nil, errMalformed
	}
	h.node = int64(binary.BigEndian.Uint64(packet))
	h.number = int64(binary.BigEndian.Uint64(packet[8:]))
	h.to = int64(binary.BigEndian.Uint64(packet[16:]))
	return h, packet[headerBytes:], nil
}

// nextEvent splits the first event off.
func nextEvent(events []byte) (k Kind, data, rest []byte, err error) {
	n, size := binary.Uvarint(events[1:])
	if size <= 0 || n > uint64(len(events)-1-size) {
		return 0, nil, nil, errMalformed
	}
	body := events[1+size:]
	return Kind(events[0]), body[:n], body[n:], nil
}

// encoding writes packets as text.
var encoding = base64.RawStdEncoding

func encode(packet []byte) []byte {
	return encoding.AppendEncode(make([]byte, 0, encoding.EncodedLen(len(packet))), packet)
}

func decode(payload string) ([]byte, error) { return encoding.DecodeString(payload) }

// sender returns the node that a payload comes from, without a look at the rest.
func sender(payload string) (node int64, err error) {
	const enough = 12 // characters, which hold nine bytes
	if len(payload) < enough {
		return 0, errMalformed
	}
	b, err := decode(payload[:enough])
	if err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}
