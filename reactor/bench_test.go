package reactor

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/mnorrsken/postkeys/codec"
)

// pong answers every command with PONG, on the loop or from a worker.
type pong struct {
	c       *Conn
	workers chan pongJob
}

type pongJob struct {
	c *Conn
	b *codec.Batch
}

func (p *pong) Open(c *Conn) (Session, []byte)          { return &pong{c: c, workers: p.workers}, nil }
func (p *pong) Limits() *codec.Limits                   { return &testLimits }
func (p *pong) Malformed(e *codec.ProtocolError) []byte { return e.AppendReply(nil) }
func (p *pong) Closed(error)                            {}
func (p *pong) Serve(b *codec.Batch) (out []byte, done bool) {
	if p.workers != nil {
		p.workers <- pongJob{p.c, b}
		return nil, false
	}
	return pongs(b), true
}

func pongs(b *codec.Batch) []byte {
	out := codec.GetBuffer(7 * b.Len())
	for range b.Len() {
		out = append(out, "+PONG\r\n"...)
	}
	b.Release()
	return out
}

// gather answers all waiting batches and wakes each loop once, as rounds over the storage do.
func gather(jobs chan pongJob) {
	var round []pongJob
	for j := range jobs {
		round = append(round[:0], j)
		for len(jobs) > 0 {
			round = append(round, <-jobs)
		}
		for _, j := range round {
			j.c.Reply(pongs(j.b))
		}
		for _, j := range round {
			j.c.Flush()
		}
	}
}

// BenchmarkPing is 50 clients that send n PINGs at a time and wait for the answers; an operation is one PING.
func BenchmarkPing(b *testing.B) {
	for _, async := range []bool{false, true} {
		for _, n := range []int{1, 16} {
			b.Run(fmt.Sprintf("async=%v/pipeline=%d", async, n), func(b *testing.B) {
				h := &pong{}
				if async {
					h.workers = make(chan pongJob, 1024)
					go gather(h.workers)
					defer close(h.workers)
				}
				r := start(b, h, Options{})
				benchClients(b, r, 50, n)
			})
		}
	}
}

func benchClients(b *testing.B, r *Reactor, clients, n int) {
	conns := make([]net.Conn, clients)
	for i := range conns {
		conns[i] = dial(b, r).Conn
	}
	request := []byte(strings.Repeat("PING\r\n", n))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, c := range conns {
		rounds := b.N/n/clients + boolInt(i == 0)
		wg.Go(func() {
			in, reply := bufio.NewReader(c), make([]byte, 7*n)
			for range rounds {
				if _, err := c.Write(request); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(in, reply); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
}

func boolInt(v bool) int {
	if v {
		return 1
	}
	return 0
}
