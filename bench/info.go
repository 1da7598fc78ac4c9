package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/mnorrsken/postkeys/bench/target"
)

// infoTimeout bounds how long it may take until a server has noticed what its clients, or other nodes, do.
const infoTimeout = 30 * time.Second

// awaitInfo waits until a field of a section of INFO has a value that will do. Other sections ask PostgreSQL.
func awaitInfo(ctx context.Context, server *target.Server, section, field string, enough func(int) bool) error {
	c, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(ctx, infoTimeout)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		info, err := c.Do("INFO", section)
		if err != nil {
			return err
		}
		value, err := strconv.Atoi(target.InfoField(string(info.Str), field))
		if err != nil {
			return fmt.Errorf("%s in INFO: %w", field, err)
		}
		if enough(value) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is still %d: %w", field, value, ctx.Err())
		case <-ticker.C:
		}
	}
}
