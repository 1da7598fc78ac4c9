package commands

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/mnorrsken/postkeys/codec"
)

const errMigrateWriting = "IOERR error or timeout writing to target instance"

func joinHostPort(host, port []byte) string { return net.JoinHostPort(string(host), string(port)) }

// maxTargetReply bounds the line with which a target answers one command.
const maxTargetReply = 4096

// patientConn is a connection on which nothing may take longer than a timeout.
type patientConn struct {
	net.Conn
	timeout time.Duration
}

func (c patientConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// writePiece is how much may be written within one timeout.
const writePiece = 64 << 10

func (c patientConn) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		if err = c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
			return n, err
		}
		var written int
		written, err = c.Conn.Write(p[n:min(n+writePiece, len(p))])
		n += written
	}
	return n, err
}

// send sends the parcels to the target and notes which of them it has taken. It
// returns the error reply, or "".
func (m *migration) send() (fail string) {
	tcp, err := net.DialTimeout("tcp", m.address, m.timeout)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED): // Redis hears of it when it begins to write
		return errMigrateWriting
	case err != nil:
		return "IOERR error or timeout connecting to the client"
	}
	conn := patientConn{tcp, m.timeout}
	defer func() { _ = conn.Close() }() // what matters has been answered
	if err := m.writeRequests(conn); err != nil {
		return errMigrateWriting
	}
	if err := m.readReplies(bufio.NewReaderSize(conn, maxTargetReply)); err != nil {
		var refused targetError
		if errors.As(err, &refused) {
			return "ERR Target instance replied with error: " + string(refused)
		}
		return "IOERR error or timeout reading from target instance"
	}
	return ""
}

// writeRequests writes all requests: the replies are short.
func (m *migration) writeRequests(conn patientConn) error {
	out := bufio.NewWriterSize(conn, writePiece)
	var request []byte
	add := func(args ...[]byte) {
		request = codec.AppendCommand(request[:0], args...)
		_, _ = out.Write(request) // the error comes with Flush
	}
	switch {
	case m.username != nil:
		add([]byte("AUTH"), m.username, m.password)
	case m.password != nil:
		add([]byte("AUTH"), m.password)
	}
	add([]byte("SELECT"), strconv.AppendInt(nil, m.db, 10))
	for i := range m.parcels {
		p := &m.parcels[i]
		ttl := p.ttl
		if ttl > 0 {
			ttl = max(ttl-time.Since(p.readAt).Milliseconds(), 1)
		}
		args := [][]byte{[]byte("RESTORE"), p.claim.Name, strconv.AppendInt(nil, ttl, 10), p.payload}
		if m.replace {
			args = append(args, []byte("REPLACE"))
		}
		add(args...)
	}
	return out.Flush()
}

// targetError is an error reply of the target.
type targetError string

func (e targetError) Error() string { return string(e) }

// readReplies reads the replies to all requests. A key that the target refuses
// does not keep the others from being taken; the first refusal is the error. A
// refused AUTH or SELECT spoils all keys.
func (m *migration) readReplies(in *bufio.Reader) error {
	var first error
	refuse := func(err error) {
		if first == nil {
			first = err
		}
	}
	preamble := 1
	if m.password != nil {
		preamble++
	}
	for range preamble {
		if err := readOutcome(in); errors.As(err, new(targetError)) {
			refuse(err)
		} else if err != nil {
			return err
		}
	}
	spoiled := first != nil
	for i := range m.parcels {
		err := readOutcome(in)
		switch {
		case errors.As(err, new(targetError)):
			refuse(err)
		case err != nil:
			return errors.Join(first, err)
		case !spoiled:
			m.parcels[i].taken = true
		}
	}
	return first
}

// readOutcome reads one reply of one line.
func readOutcome(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 && line[0] == '-' {
		return targetError(line[1:])
	}
	return nil
}
