package workload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mnorrsken/postkeys/bench/client"
)

// Value stands for a value of the size asked for in what is loaded.
const Value = "__value__"

// Fill is a collection that has to be there before a run.
type Fill struct {
	Key     string
	Add     string   // the command that adds elements to the key
	Element []string // its arguments for each element, in which client.Placeholder becomes a number
	Count   string   // the command that tells how many there are

	// PerRequest is for runs that take an element with each request: there will be as many. Otherwise there are as many as keys.
	PerRequest bool
}

// MaxTaken bounds the requests of a run that takes elements away, since they have to be there first.
const MaxTaken = 2_000_000

// fillAtOnce is how many elements one command adds.
const fillAtOnce = 1000

// prepare makes the collection have n elements, numbered from 0. One that has as many is left as it is.
func (f *Fill) prepare(c *client.Conn, n, valueBytes int) error {
	have, err := c.Do(f.Count, f.Key)
	if err != nil {
		return err
	}
	if have.Int == int64(n) {
		return nil
	}
	if _, err := c.Do("UNLINK", f.Key); err != nil {
		return err
	}
	var buffer []byte
	value := valueOf(valueBytes)
	for from := 0; from < n; {
		args := []string{f.Add, f.Key}
		for end := min(from+fillAtOnce, n); from < end; from++ {
			args = append(args, expand(f.Element, from, value)...)
		}
		buffer = client.AppendCommand(buffer[:0], args...)
		if err := c.Pipeline(buffer, 1); err != nil {
			return fmt.Errorf("%s %s: %w", f.Add, f.Key, err)
		}
	}
	return nil
}

// valueOf is the value of a size.
func valueOf(bytes int) string { return strings.Repeat("x", max(1, bytes)) }

// expand replaces what stands for a number or a value in the arguments of a command.
func expand(pattern []string, n int, value string) []string {
	args := slices.Clone(pattern)
	for i, arg := range args {
		if arg == Value {
			args[i] = value
		} else if strings.Contains(arg, client.Placeholder) {
			args[i] = client.Key(arg, n)
		}
	}
	return args
}
