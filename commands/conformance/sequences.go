package conformance

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

const (
	// groupSize sequences run between two flushes, spread over as many connections as there are lanes.
	groupSize = 400
	// failuresMax is how many failing sequences are reported.
	failuresMax = 3
)

// Failure is a sequence in which the servers differ.
type Failure struct {
	Seed, Index uint64
	Protocol    int
	// Commands is the sequence, shrunk when the difference shows again on replay.
	Commands   []Command
	Reproduced bool
	// Difference describes the last command's replies.
	Difference string
}

// Error shows the failure with all that is needed to run it again.
func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sequence %d of seed %d in RESP%d", f.Index, f.Seed, f.Protocol)
	if f.Reproduced {
		fmt.Fprintf(&b, ", shrunk to %d commands:\n", len(f.Commands))
	} else {
		b.WriteString(", seen only among other connections; the commands up to it:\n")
	}
	for i := range f.Commands {
		b.WriteString("    " + f.Commands[i].describe() + "\n")
	}
	b.WriteString("  " + f.Difference)
	return b.String()
}

// describe shows the command in the quoting of redis-cli.
func (c *Command) describe() string {
	words := make([]string, len(c.Args))
	for i, arg := range c.Args {
		words[i] = quoteWord(arg)
	}
	return strings.Join(words, " ")
}

// Sequences runs count random sequences on both servers, half of them in each protocol, in groups that share a server and in
// pipelines cut at random places, and returns those that differ. The error tells why the run could not go on.
func (p *Pair) Sequences(seed, first, count uint64) ([]*Failure, error) {
	var failures []*Failure
	for from := first; from < first+count; from += groupSize {
		to := min(from+groupSize, first+count)
		found, err := p.group(seed, from, to)
		if err != nil {
			return failures, fmt.Errorf("sequences %d to %d of seed %d: %w", from, to-1, seed, err)
		}
		for _, f := range found {
			if err := p.shrink(f); err != nil {
				return failures, err
			}
			if failures = append(failures, f); len(failures) == failuresMax {
				return failures, nil
			}
		}
	}
	return failures, nil
}

// Each runs sequences one after the other on a connection to each server, in pipelines cut at random places, and returns
// the first that differ.
func (p *Pair) Each(sequences [][]Command, protocol int) ([]*Failure, error) {
	if err := p.flush(); err != nil {
		return nil, err
	}
	want, got, err := p.both(sequences, protocol, 1)
	if err != nil {
		return nil, err
	}
	var failures []*Failure
	for i, commands := range sequences {
		if at, difference := compare(commands, want[i], got[i], protocol); at >= 0 {
			f := &Failure{Index: uint64(i), Protocol: protocol, Commands: commands[:at+1], Difference: difference}
			if err := p.shrink(f); err != nil {
				return failures, err
			}
			if failures = append(failures, f); len(failures) == failuresMax {
				break
			}
		}
	}
	return failures, nil
}

// flush empties both servers and gives them the programs of sequences.
func (p *Pair) flush() error {
	for _, addr := range []string{p.Reference, p.Target} {
		c, err := servertest.Dial(addr)
		if err != nil {
			return err
		}
		if err = expect(c, "+OK\r\n", "FLUSHALL"); err == nil {
			err = loadPrograms(c)
		}
		c.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// group runs the sequences from up to to, on both servers and over all lanes at the same time. The even lanes speak RESP2 and the odd
// ones RESP3.
func (p *Pair) group(seed, from, to uint64) ([]*Failure, error) {
	if err := p.flush(); err != nil {
		return nil, err
	}
	found := make([][]*Failure, lanes)
	errs := make([]error, lanes)
	var wg sync.WaitGroup
	for w := range uint64(lanes) {
		wg.Go(func() {
			var sequences [][]Command
			var indexes []uint64
			for index := from; index < to; index++ {
				if index%lanes == w {
					sequences, indexes = append(sequences, Sequence(seed, index)), append(indexes, index)
				}
			}
			protocol := 2 + int(w)%2
			want, got, err := p.both(sequences, protocol, seed^from^w<<32)
			if err != nil {
				errs[w] = err
				return
			}
			for i, commands := range sequences {
				if at, difference := compare(commands, want[i], got[i], protocol); at >= 0 {
					found[w] = append(found[w], &Failure{
						Seed: seed, Index: indexes[i], Protocol: protocol, Commands: commands[:at+1], Difference: difference,
					})
				}
			}
		})
	}
	wg.Wait()
	var all []*Failure
	for _, list := range found {
		all = append(all, list...)
	}
	return all, errors.Join(errs...)
}

// compare returns the position of the first difference, or -1. How the reply of a queued command is compared counts for
// its place in the reply of EXEC.
func compare(commands []Command, want, got [][]byte, protocol int) (int, string) {
	var queued []Matcher
	for i := range commands {
		match := commands[i].Match
		switch {
		case string(want[i]) == "+QUEUED\r\n":
			queued, match = append(queued, match), Matcher{}
		case commands[i].Args[0] == "EXEC":
			queued, match = nil, Matcher{kind: "each", each: queued}
		case commands[i].Args[0] == "DISCARD":
			queued = nil
		}
		if err := match.check(protocol, want[i], got[i]); err != nil {
			return i, fmt.Sprintf("%v\n  redis    %s\n  postkeys %s", err, brief(want[i]), brief(got[i]))
		}
	}
	return -1, ""
}

// both runs sequences on one connection to each server. chunks seeds the cuts between writes.
func (p *Pair) both(sequences [][]Command, protocol int, chunks uint64) (want, got [][][]byte, err error) {
	var wg sync.WaitGroup
	var wantErr, gotErr error
	wg.Go(func() { want, wantErr = runSequences(p.Reference, sequences, protocol, chunks) })
	wg.Go(func() { got, gotErr = runSequences(p.Target, sequences, protocol, chunks) })
	wg.Wait()
	return want, got, bothFailed(wantErr, gotErr)
}

// runSequences runs sequences one after the other on a new connection and returns the replies of each.
func runSequences(addr string, sequences [][]Command, protocol int, chunks uint64) ([][][]byte, error) {
	c, err := servertest.Dial(addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.Timeout *= 3
	if protocol == 3 {
		if err := expect(c, "%", "HELLO", "3"); err != nil {
			return nil, err
		}
	}
	var all []Command
	for _, commands := range sequences {
		all = append(all, commands...)
	}
	replies, err := runChunks(c, all, chunks)
	if err != nil {
		return nil, err
	}
	split := make([][][]byte, len(sequences))
	for i, commands := range sequences {
		split[i], replies = replies[:len(commands)], replies[len(commands):]
	}
	return split, nil
}

// chunkSizes are the lengths of pipelines, drawn alike. Short ones come often: what a server keeps from one command to the
// next differs from what it finds when it starts anew, and long ones hold most of the commands anyway.
var chunkSizes = []int{1, 1, 2, 2, 3, 3, 4, 5, 6, 7, 8, 12, 20, 30, 60, 200}

// runChunks sends commands in pipelines of random length.
func runChunks(c *servertest.Client, commands []Command, chunks uint64) ([][]byte, error) {
	random := rand.New(rand.NewPCG(chunks, 0))
	var replies [][]byte
	var pipeline []byte
	for at := 0; at < len(commands); {
		n := min(chunkSizes[random.IntN(len(chunkSizes))], len(commands)-at)
		pipeline = pipeline[:0]
		for _, command := range commands[at : at+n] {
			pipeline = servertest.AppendCommand(pipeline, command.Args...)
		}
		part, err := c.Exchange(pipeline, n)
		replies = append(replies, part...)
		if err != nil {
			failed := commands[at+len(part)]
			return nil, fmt.Errorf("at %s: %w", failed.describe(), err)
		}
		at += n
	}
	return replies, nil
}
