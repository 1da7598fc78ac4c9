package nodes

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mnorrsken/postkeys/codec"
	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// receive reads the next reply or message, in short.
func receive(c *servertest.Client) (string, error) {
	reply, err := c.Reply()
	if err != nil {
		return "", err
	}
	v, _, err := codec.ParseValue(reply)
	if err != nil {
		return "", err
	}
	return text(&v), nil
}

// next is receive for what may not fail.
func next(t *testing.T, c *servertest.Client) string {
	t.Helper()
	message, err := receive(c)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

// TestConfirmedSubscriptionsHear: a message that is published, on any node, after
// a subscription was confirmed reaches it.
func TestConfirmedSubscriptionsHear(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	publisher := dial(t, nodes[0])
	subscriber := dial(t, nodes[1])
	for i := range 300 {
		channel, word := name("channel", i), "message"
		if i%2 == 0 {
			expect(t, subscriber, fmt.Sprintf("[subscribe %s %d]", channel, i/2+1), "SUBSCRIBE", channel)
			must(t, publisher, "PUBLISH", channel, "hello")
		} else {
			expect(t, subscriber, fmt.Sprintf("[ssubscribe %s %d]", channel, i/2+1), "SSUBSCRIBE", channel)
			must(t, publisher, "SPUBLISH", channel, "hello")
			word = "smessage"
		}
		if got, want := next(t, subscriber), fmt.Sprintf("[%s %s hello]", word, channel); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

// TestSubscribersOfAllNodesCount: PUBLISH and PUBSUB count the subscribers of all
// nodes, and forget those of a node that is killed.
func TestSubscribersOfAllNodesCount(t *testing.T) {
	t.Parallel()
	dsn, nodes := pair(t)
	third := servertest.Postkeys(t, dsn)
	asker := dial(t, nodes[0])
	for _, s := range []*servertest.Server{nodes[0], nodes[1], third} {
		must(t, dial(t, s), "SUBSCRIBE", "everywhere")
	}
	must(t, dial(t, nodes[1]), "SUBSCRIBE", "\x00 binary \xff")
	must(t, dial(t, nodes[1]), "PSUBSCRIBE", "ev*")
	must(t, dial(t, third), "PSUBSCRIBE", "ev*")
	must(t, dial(t, third), "SSUBSCRIBE", "shard")
	eventually(t, "PUBLISH does not count them", func() bool { return must(t, asker, "PUBLISH", "everywhere", "x") == "5" })
	eventually(t, "SPUBLISH does not count them", func() bool { return must(t, asker, "SPUBLISH", "shard", "x") == "1" })
	expect(t, asker, "[everywhere 3 nowhere 0]", "PUBSUB", "NUMSUB", "everywhere", "nowhere")
	expect(t, asker, "[shard 1]", "PUBSUB", "SHARDNUMSUB", "shard")
	expect(t, asker, "1", "PUBSUB", "NUMPAT")
	expect(t, asker, "[\x00 binary \xff]", "PUBSUB", "CHANNELS", "\x00*")
	expect(t, asker, "[shard]", "PUBSUB", "SHARDCHANNELS")
	if got := info(t, asker, "pubsub_channels"); got != "2" {
		t.Errorf("INFO counts %s channels", got)
	}
	late := servertest.Postkeys(t, dsn)
	expect(t, dial(t, late), "5", "PUBLISH", "everywhere", "x") // it has asked before it serves

	if err := third.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	eventually(t, "the killed node's subscribers still count", func() bool {
		return must(t, asker, "PUBSUB", "NUMSUB", "everywhere") == "[everywhere 2]"
	})
	t.Logf("a killed node is forgotten after %v", time.Since(killed).Round(time.Millisecond))
}

// TestOrderOfPublishers: subscribers of all nodes get the messages of each
// publisher in its order, those of one node in the same order as each other, and
// each once.
func TestOrderOfPublishers(t *testing.T) {
	t.Parallel()
	const publishers, each = 4, 3000
	_, nodes := pair(t)
	var subscribers []*servertest.Client
	for i := range 6 {
		c := dial(t, nodes[i%2])
		if i < 4 {
			must(t, c, "SUBSCRIBE", "c")
		} else {
			must(t, c, "PSUBSCRIBE", "c*")
		}
		subscribers = append(subscribers, c)
	}
	var busy sync.WaitGroup
	for p := range publishers {
		c := dial(t, nodes[p%2])
		busy.Go(func() {
			var pipeline []byte
			for i := range each {
				pipeline = servertest.AppendCommand(pipeline, "PUBLISH", "c", fmt.Sprintf("%d %d", p, i))
			}
			if _, err := c.Exchange(pipeline, each); err != nil {
				t.Error(err)
			}
		})
	}
	received := make([][]string, len(subscribers))
	for i, c := range subscribers {
		busy.Go(func() {
			var last [publishers]int
			for range publishers * each {
				message, err := receive(c)
				if err != nil {
					t.Errorf("subscriber %d: %v", i, err)
					return
				}
				fields := strings.Fields(strings.Trim(message, "[]"))
				fields = fields[len(fields)-2:]
				p, err1 := strconv.Atoi(fields[0])
				n, err2 := strconv.Atoi(fields[1])
				if err1 != nil || err2 != nil || n != last[p] {
					t.Errorf("subscriber %d got %s, expected number %d of publisher %d", i, message, last[p], p)
					return
				}
				last[p]++
				received[i] = append(received[i], strings.Join(fields, " "))
			}
		})
	}
	busy.Wait()
	for i := range 2 {
		if strings.Join(received[i], ",") != strings.Join(received[i+2], ",") {
			t.Errorf("two subscribers of node %d saw different orders", i)
		}
	}
}

// TestLargeMessages: messages beyond what a notification carries pass between
// nodes whole and in order. MESSAGES_LONG is set for the largest that Redis takes.
func TestLargeMessages(t *testing.T) {
	t.Parallel()
	_, nodes := pair(t)
	publisher, subscriber := dial(t, nodes[0]), dial(t, nodes[1])
	publisher.Timeout, subscriber.Timeout = time.Minute, time.Minute
	must(t, subscriber, "SUBSCRIBE", "c")
	sizes := []int{5000, 6000, 8000, 1 << 20, 20 << 20}
	if os.Getenv("MESSAGES_LONG") != "" {
		must(t, dial(t, nodes[1]), "CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0")
		sizes = append(sizes, 512<<20)
	}
	for _, size := range sizes {
		body := strings.Repeat("\x00\xff\r\n", size/4)
		must(t, publisher, "PUBLISH", "c", body)
		must(t, publisher, "PUBLISH", "c", "after")
		if got := next(t, subscriber); got != "[message c "+body+"]" {
			t.Errorf("%d bytes arrived of a message of %d", len(got), len(body))
		}
		if got := next(t, subscriber); got != "[message c after]" {
			t.Errorf("got %.80s", got)
		}
	}
}

// TestSlowSubscriber: who does not read is cut off, and nobody else waits.
func TestSlowSubscriber(t *testing.T) {
	t.Parallel()
	const messages = 60
	_, nodes := pair(t)
	publisher := dial(t, nodes[0])
	body := strings.Repeat("x", 1<<20)
	for _, node := range nodes {
		must(t, dial(t, node), "CONFIG", "SET", "client-output-buffer-limit", "pubsub 8mb 0 0")
		must(t, dial(t, node), "SUBSCRIBE", "c") // never reads again
		reader := dial(t, node)
		must(t, reader, "SUBSCRIBE", "c")
		done := make(chan error, 1)
		go func() {
			_, err := reader.Replies(messages)
			done <- err
		}()
		for range messages {
			must(t, publisher, "PUBLISH", "c", body)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		asker := dial(t, node)
		eventually(t, "the slow subscriber is still there", func() bool {
			return info(t, asker, "client_output_buffer_limit_disconnections") == "1"
		})
		reader.Close()
		eventually(t, "its subscription is still there", func() bool {
			return must(t, publisher, "PUBSUB", "NUMSUB", "c") == "[c 0]"
		})
	}
}

// TestPubSubOutlivesPostgres: messages pass on a node while PostgreSQL is away, and
// between nodes again once it is back.
func TestPubSubOutlivesPostgres(t *testing.T) {
	t.Parallel()
	cluster := pgtest.NewCluster(t, nil)
	dsn := cluster.DSN("postkeys")
	nodes := [2]*servertest.Server{servertest.Postkeys(t, dsn), servertest.Postkeys(t, dsn)}
	publisher, near, far := dial(t, nodes[0]), dial(t, nodes[0]), dial(t, nodes[1])
	for _, c := range []*servertest.Client{near, far} {
		must(t, c, "SUBSCRIBE", "c")
	}
	must(t, publisher, "PUBLISH", "c", "one")
	for _, c := range []*servertest.Client{near, far} {
		if got := next(t, c); got != "[message c one]" {
			t.Fatal(got)
		}
	}
	cluster.Crash()
	must(t, publisher, "PUBLISH", "c", "two")
	if got := next(t, near); got != "[message c two]" {
		t.Fatal(got)
	}
	cluster.Start()
	stop, published := make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				published <- nil
				return
			case <-tick.C:
			}
			if _, err := do(publisher, "PUBLISH", "c", "three"); err != nil {
				published <- err
				return
			}
		}
	}()
	for got := ""; got != "[message c three]"; {
		got = next(t, far)
	}
	close(stop)
	if err := <-published; err != nil {
		t.Fatal(err)
	}
	other := dial(t, nodes[0])
	eventually(t, "the far subscriber does not count", func() bool { return must(t, other, "PUBSUB", "NUMSUB", "c") == "[c 2]" })
}
