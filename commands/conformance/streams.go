package conformance

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// endMark is the argument of the ECHO that ends a stream.
const endMark = "end of the stream"

// stateTemplates are commands that change what a connection answers to those after them.
var stateTemplates = []Template{
	{3, func(g *Generator) Command { return plain("HELLO", g.pick("2", "3", "3", "4")) }},
	{1, func(g *Generator) Command {
		return plain("HELLO", g.pick("2", "3"), "SETNAME", g.pick("a", "b", "a b"))
	}},
	{2, func(g *Generator) Command {
		return plain("CLIENT", "REPLY", g.pick("ON", "OFF", "SKIP", "SKIP", "SKIP", "no"))
	}},
	{2, func(*Generator) Command { return plain("CLIENT", "REPLY", "ON") }},
	{1, func(g *Generator) Command { return plain("CLIENT", "SETNAME", g.pick("a", "b", "", "a b")) }},
	{1, func(*Generator) Command { return plain("CLIENT", "GETNAME") }},
	{1, func(*Generator) Command { return plain("RESET") }},
	{2, func(g *Generator) Command { return plain(g.pick("PING", "ECHO"), g.value()) }},
	{1, func(g *Generator) Command {
		return plain(g.pick("FOO", "GET", "CLIENT", "OBJECT"), g.value(), g.value())
	}},
	{1, func(*Generator) Command { return plain("CONFIG", "GET", "maxmemory-policy") }},
}

// Stream makes the bytes of a connection's requests, of which not all are answered, and cuts them where a write ends.
func Stream(seed, index uint64) [][]byte {
	g := newGenerator(seed, index)
	stream := servertest.AppendCommand(nil, "SELECT", g.firstDatabase())
	for range 40 {
		c := g.choose([][]Template{stateTemplates, stringTemplates})
		if inline, ok := inlineForm(c.Args); ok && g.IntN(4) == 0 {
			stream = append(stream, inline...)
		} else {
			stream = servertest.AppendCommand(stream, c.Args...)
		}
	}
	stream = servertest.AppendCommand(stream, "CLIENT", "REPLY", "ON")
	stream = servertest.AppendCommand(stream, "ECHO", endMark)
	return cut(g.Rand, stream)
}

// inlineForm returns a request as an inline command, if its arguments can stand in one as they are.
func inlineForm(args []string) (string, bool) {
	for _, arg := range args {
		if arg == "" || strings.ContainsFunc(arg, func(r rune) bool { return r <= ' ' || r == '"' || r == '\'' || r > '~' }) {
			return "", false
		}
	}
	return strings.Join(args, " ") + "\r\n", true
}

// cut splits bytes into pieces: most streams into few, some into many small ones.
func cut(random *rand.Rand, stream []byte) [][]byte {
	longest := []int{7, 100, 1000, len(stream)}[random.IntN(4)]
	var pieces [][]byte
	for len(stream) > 0 {
		n := min(1+random.IntN(longest), len(stream))
		pieces, stream = append(pieces, stream[:n]), stream[n:]
	}
	return pieces
}

// idInHello is where the reply of HELLO tells the client's id, which differs between servers; so does the version.
var idInHello = regexp.MustCompile(`(\$2\r\nid\r\n:)[0-9]+|(\$7\r\nversion\r\n)\$[0-9]+\r\n[0-9.]+`)

// playStream sends a stream piece by piece and returns all that comes back, with the ids of clients taken out.
func playStream(addr string, pieces [][]byte) ([]byte, error) {
	c, err := servertest.Dial(addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	sent := make(chan error, 1)
	go func() {
		for _, piece := range pieces {
			if err := c.Send(piece); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	var all []byte
	for mark := servertest.AppendCommand(nil, endMark)[len("*1\r\n"):]; ; {
		reply, err := c.Reply()
		if err != nil {
			return nil, fmt.Errorf("after %s: %w", brief(all), err)
		}
		all = append(all, reply...)
		if bytes.Equal(reply, mark) {
			break
		}
	}
	return idInHello.ReplaceAll(all, []byte("$1$2")), <-sent
}
