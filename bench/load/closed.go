package load

import (
	"context"
	"time"

	"github.com/mnorrsken/postkeys/bench/client"
)

// Closed sends one command after another over one connection, each when the reply to the one before has come.
func Closed(ctx context.Context, addr string, command *client.Template, d time.Duration) (*Result, error) {
	c, err := client.Dial(ctx, addr, "")
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(d + client.Timeout)); err != nil {
		return nil, err
	}
	r := new(Result)
	for start, sent := time.Now(), time.Duration(0); sent < d; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := c.Write(command.Next()); err != nil {
			return nil, err
		}
		if _, err := c.ReadReply(); err != nil {
			return nil, err
		}
		r.Elapsed = time.Since(start)
		r.Latencies = append(r.Latencies, r.Elapsed-sent)
		sent = r.Elapsed
	}
	r.sort()
	return r, nil
}
