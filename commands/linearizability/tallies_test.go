package linearizability

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

type tokenState int

const (
	tokenNotExecuted tokenState = iota
	tokenUnknown
	tokenAcknowledged
)

// learnt is what a client knows of what it has written.
func (r *result) learnt() tokenState {
	switch {
	case r.unknown:
		return tokenUnknown
	case r.executed:
		return tokenAcknowledged
	}
	return tokenNotExecuted
}

// counter is what clients know about a number that is only counted up.
type counter struct {
	acknowledged, unknown float64
	seen                  map[string]bool // replies, each of which may come once
}

// token appends a token that no other command appends.
func token(c *client, epoch int64) bool {
	key := fmt.Sprintf("tokens:%d:%d", epoch, c.random.IntN(2))
	token := fmt.Sprintf("%d.%d", c.id, c.serial)
	r := c.single("APPEND", key, token+";")
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.tokens[key+" "+token] = r.learnt()
	return r.executed
}

// count counts up a key that is never taken away.
func count(c *client, epoch int64) bool {
	key := fmt.Sprintf("counter:%d:%d", epoch, c.random.IntN(2))
	return c.increment("GET "+key, 1, "INCR", key)
}

// increment sends a command that adds to a number, which the command read returns in the end.
func (c *client) increment(read string, by float64, args ...string) bool {
	r := c.single(args...)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	n := c.w.counters[read]
	if n == nil {
		n = &counter{seen: map[string]bool{}}
		c.w.counters[read] = n
	}
	switch r.learnt() {
	case tokenUnknown:
		n.unknown += by
	case tokenAcknowledged:
		n.acknowledged += by
		if n.seen[r.reply] {
			c.w.broken = append(c.w.broken, fmt.Errorf("%s answered %q twice", strings.Join(args, " "), r.reply))
		}
		n.seen[r.reply] = true
	}
	return r.executed
}

// verifyTokens counts every token in the keys it was appended to.
func (w *workload) verifyTokens(c *servertest.Client) error {
	found := map[string]int{}
	read := map[string]bool{}
	for name := range w.tokens {
		key, _, _ := strings.Cut(name, " ")
		if read[key] {
			continue
		}
		read[key] = true
		text, err := value(c, "GET", key)
		if err != nil {
			return err
		}
		for token := range strings.SplitSeq(strings.TrimSuffix(text, ";"), ";") {
			if token != "" {
				found[key+" "+token]++
			}
		}
	}
	var violations []error
	for name, state := range w.tokens {
		n := found[name]
		switch {
		case state == tokenAcknowledged && n == 0:
			violations = append(violations, fmt.Errorf("token %s was acknowledged and is lost", name))
		case state == tokenNotExecuted && n > 0:
			violations = append(violations, fmt.Errorf("token %s was reported as not executed and is there", name))
		case n > 1:
			violations = append(violations, fmt.Errorf("token %s was applied %d times", name, n))
		}
		delete(found, name)
	}
	for name := range found {
		violations = append(violations, fmt.Errorf("token %s was never sent", name))
	}
	return errors.Join(violations[:min(len(violations), violationsMax)]...)
}

// verifyCounters compares the counters with what was added to them.
func (w *workload) verifyCounters(c *servertest.Client) error {
	var violations []error
	for read, n := range w.counters {
		text, err := value(c, strings.Split(read, " ")...)
		if err != nil {
			return err
		}
		var got float64
		if text != "" {
			if got, err = strconv.ParseFloat(text, 64); err != nil {
				return err
			}
		}
		if got < n.acknowledged || got > n.acknowledged+n.unknown {
			violations = append(violations, fmt.Errorf("%s is %v after %v acknowledged and %v of unknown outcome", read, got, n.acknowledged, n.unknown))
		}
	}
	return errors.Join(violations[:min(len(violations), violationsMax)]...)
}
