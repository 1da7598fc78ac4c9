package commands

import "strconv"

var timeBindings = []binding{
	{name: "time", run: clock},
}

// clock answers with the database's time: the one that decides what has
// expired, and the same on all nodes.
func clock(c *Call) error {
	micros, err := c.tx.NowMicros()
	if err != nil {
		return err
	}
	c.out.Array(2)
	c.out.BulkString(strconv.FormatInt(micros/1e6, 10))
	c.out.BulkString(strconv.FormatInt(micros%1e6, 10))
	return nil
}
