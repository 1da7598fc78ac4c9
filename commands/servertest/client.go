package servertest

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/mnorrsken/postkeys/codec"
)

// replyTimeout is how long a Client waits for one reply unless told otherwise.
const replyTimeout = 20 * time.Second

// Client is one connection that sends and receives raw bytes. It belongs to one goroutine at a time.
type Client struct {
	// Timeout bounds each call.
	Timeout time.Duration

	conn net.Conn
	buf  []byte // received and not yet handed out
	out  []byte // scratch for commands
}

// Dial connects to a server.
func Dial(addr string) (*Client, error) {
	conn, err := net.DialTimeout("tcp", addr, replyTimeout)
	if err != nil {
		return nil, err
	}
	return &Client{Timeout: replyTimeout, conn: conn}, nil
}

// Close closes the connection. Closing twice is harmless.
func (c *Client) Close() {
	// The peer may have closed first; there is nothing left to do about it.
	_ = c.conn.Close()
}

// LocalAddr returns this end of the connection, as the server's CLIENT LIST shows it.
func (c *Client) LocalAddr() string { return c.conn.LocalAddr().String() }

// AppendCommand appends the request made of args to dst.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(len(args)), 10)
	dst = append(dst, '\r', '\n')
	for _, arg := range args {
		dst = append(dst, '$')
		dst = strconv.AppendInt(dst, int64(len(arg)), 10)
		dst = append(dst, '\r', '\n')
		dst = append(dst, arg...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// Send writes bytes as they are.
func (c *Client) Send(p []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.Timeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(p)
	return err
}

// SendCommand writes one command without waiting for its reply.
func (c *Client) SendCommand(args ...string) error {
	c.out = AppendCommand(c.out[:0], args...)
	return c.Send(c.out)
}

// Reply reads one complete reply, pushes included, and returns its bytes.
func (c *Client) Reply() ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.Timeout)); err != nil {
		return nil, err
	}
	for {
		_, n, err := codec.ParseValue(c.buf)
		if err == nil {
			reply := append([]byte(nil), c.buf[:n]...)
			c.buf = c.buf[n:]
			return reply, nil
		}
		if !errors.Is(err, codec.ErrIncomplete) {
			return nil, fmt.Errorf("malformed reply %.200q: %w", c.buf, err)
		}
		if err := c.fill(); err != nil {
			return nil, fmt.Errorf("after %d bytes of a reply: %w", len(c.buf), err)
		}
	}
}

// fill reads more bytes; it at least doubles the buffer of a long reply so that the work stays linear.
func (c *Client) fill() error {
	if cap(c.buf)-len(c.buf) < 4096 {
		grown := make([]byte, len(c.buf), 2*len(c.buf)+32<<10)
		copy(grown, c.buf)
		c.buf = grown
	}
	n, err := c.conn.Read(c.buf[len(c.buf):cap(c.buf)])
	c.buf = c.buf[:len(c.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// Replies reads n replies.
func (c *Client) Replies(n int) ([][]byte, error) {
	replies := make([][]byte, 0, n)
	for range n {
		reply, err := c.Reply()
		if err != nil {
			return replies, err
		}
		replies = append(replies, reply)
	}
	return replies, nil
}

// Do sends one command and returns its reply.
func (c *Client) Do(args ...string) ([]byte, error) {
	if err := c.SendCommand(args...); err != nil {
		return nil, err
	}
	return c.Reply()
}

// Exchange writes a pipeline and reads n replies at the same time, so that neither side blocks on full buffers.
func (c *Client) Exchange(pipeline []byte, n int) ([][]byte, error) {
	sent := make(chan error, 1)
	go func() { sent <- c.Send(pipeline) }()
	replies, err := c.Replies(n)
	if err != nil {
		// The writer may be stuck in a full socket; closing frees it.
		c.Close()
	}
	if sendErr := <-sent; err == nil {
		err = sendErr
	}
	return replies, err
}

// ReadClosed reads until the server closes the connection and returns what came before that.
func (c *Client) ReadClosed() ([]byte, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.Timeout)); err != nil {
		return nil, err
	}
	for {
		before := len(c.buf)
		err := c.fill()
		if err == nil {
			continue
		}
		rest := c.buf[:before]
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return rest, fmt.Errorf("the server did not close the connection: %w", err)
		}
		return rest, nil
	}
}
