// Package client is the small Redis client of the benchmark's own load: it prepares servers, paces requests and holds idle
// connections, and must cost as little as possible of the machine it shares with the servers.
//
// A connection belongs to one goroutine at a time, apart from Write beside ReadReply. Every wait is bounded by a deadline.
package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/mnorrsken/postkeys/codec"
)

// Timeout bounds each wait for a reply in Do and Pipeline.
const Timeout = 30 * time.Second

// readBytes is what a connection asks the kernel for at once; it is allocated by the first read.
const readBytes = 16 << 10

// Conn is a connection to a server.
type Conn struct {
	net.Conn
	in []byte // received and not yet parsed
	at int    // where the next reply starts in in
}

// Dial connects to addr. local, unless "", is the address to connect from: one pair of addresses has ports for some 28,000
// connections.
func Dial(ctx context.Context, addr, local string) (*Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if local != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(local)}
	}
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &Conn{Conn: c}, nil
}

// ErrReply is what every error that a server replied wraps.
var ErrReply = errors.New("the server replied an error")

// ReadReply reads one reply. The value is valid until the next call. A reply that is an error, or an array with one in it, is returned as one.
func (c *Conn) ReadReply() (codec.Value, error) {
	for {
		v, n, err := codec.ParseValue(c.in[c.at:])
		switch {
		case err == nil:
			c.at += n
			if v.IsError() {
				return v, fmt.Errorf("%w: %s", ErrReply, v.Str)
			}
			for i := range v.Elems {
				if v.Elems[i].IsError() {
					return v, fmt.Errorf("%w: %s", ErrReply, v.Elems[i].Str)
				}
			}
			return v, nil
		case !errors.Is(err, codec.ErrIncomplete):
			return v, err
		}
		if c.at > 0 {
			c.in = c.in[:copy(c.in, c.in[c.at:])]
			c.at = 0
		}
		if cap(c.in)-len(c.in) < readBytes/2 {
			c.in = append(make([]byte, 0, 2*cap(c.in)+readBytes), c.in...)
		}
		got, err := c.Read(c.in[len(c.in):cap(c.in)])
		if err != nil {
			return codec.Value{}, err
		}
		c.in = c.in[:len(c.in)+got]
	}
}

// Do sends a command and reads its reply.
func (c *Conn) Do(args ...string) (codec.Value, error) {
	if err := c.Pipeline(AppendCommand(nil, args...), 0); err != nil {
		return codec.Value{}, err
	}
	v, err := c.ReadReply()
	if err != nil {
		return v, fmt.Errorf("%s: %w", args[0], err)
	}
	return v, nil
}

// Pipeline sends commands, already encoded, and reads that many replies; the first error reply ends it.
func (c *Conn) Pipeline(commands []byte, replies int) error {
	if err := c.SetDeadline(time.Now().Add(Timeout)); err != nil {
		return err
	}
	if _, err := c.Write(commands); err != nil {
		return err
	}
	for range replies {
		if _, err := c.ReadReply(); err != nil {
			return err
		}
	}
	return nil
}

// ResetOnClose makes Close drop the connection without the orderly end after which the kernel keeps the port for a minute.
func (c *Conn) ResetOnClose() error { return c.Conn.(*net.TCPConn).SetLinger(0) }

// Release gives the receive buffer back, for a connection that stays idle.
func (c *Conn) Release() { c.in, c.at = nil, 0 }

// AppendCommand appends a command as it travels.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = codec.AppendHeader(dst, '*', len(args))
	for _, arg := range args {
		dst = codec.AppendBulk(dst, arg)
	}
	return dst
}
