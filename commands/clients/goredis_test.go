package clients

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// eachProtocol runs a test through two clients, one per node.
func eachProtocol(t *testing.T, test func(ctx context.Context, t *testing.T, here, there *redis.Client)) {
	t.Helper()
	t.Parallel()
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		for _, protocol := range []int{2, 3} {
			t.Run(fmt.Sprint("resp", protocol), func(t *testing.T) {
				speak := func(o *redis.Options) { o.Protocol = protocol }
				here, there := n.client(t, 0, speak), n.client(t, 1, speak)
				must(t, here.FlushAll(ctx))
				must(t, here.FunctionFlush(ctx))
				must(t, here.ScriptFlush(ctx))
				test(ctx, t, here, there)
			})
		}
	})
}

// TestWatch: whoever has seen a key as it was no more begins again, and in the end no increment is lost.
func TestWatch(t *testing.T) {
	t.Parallel()
	const each = 5
	everywhere(t, func(ctx context.Context, t *testing.T, n nodes) {
		n.contend(t, func(_ int, c *redis.Client) error {
			increment := func(tx *redis.Tx) error {
				v, err := tx.Get(ctx, "counter").Int()
				if err != nil && !errors.Is(err, redis.Nil) {
					return err
				}
				_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
					p.Set(ctx, "counter", v+1, 0)
					p.RPush(ctx, "history", v+1)
					return nil
				})
				return err
			}
			for done := 0; done < each; {
				switch err := c.Watch(ctx, increment, "counter"); {
				case err == nil:
					done++
				case !errors.Is(err, redis.TxFailedErr):
					return err
				}
			}
			return nil
		})
		c := n.client(t, 1)
		want(t, c.Get(ctx, "counter"), fmt.Sprint(each*contenders))
		for i, v := range must(t, c.LRange(ctx, "history", 0, -1)) {
			if v != strconv.Itoa(i+1) {
				t.Fatalf("increment %d wrote %s", i+1, v)
			}
		}
		want(t, c.LLen(ctx, "history"), each*contenders)
	})
}

// TestTransactions: replies of MULTI have their types, an error in the middle is its command's own.
func TestTransactions(t *testing.T) {
	eachProtocol(t, func(ctx context.Context, t *testing.T, here, there *redis.Client) {
		var text *redis.StatusCmd
		var number, wrong *redis.IntCmd
		var scored *redis.ZSliceCmd
		var fields *redis.MapStringStringCmd
		_, err := here.TxPipelined(ctx, func(p redis.Pipeliner) error {
			text = p.Set(ctx, "text", "abc", 0)
			wrong = p.Incr(ctx, "text")
			number = p.IncrBy(ctx, "number", 41)
			p.ZAdd(ctx, "zset", redis.Z{Score: 1.5, Member: "a"}, redis.Z{Score: 2, Member: "b"})
			scored = p.ZRangeWithScores(ctx, "zset", 0, -1)
			p.HSet(ctx, "hash", "f", "v")
			fields = p.HGetAll(ctx, "hash")
			return nil
		})
		if err == nil || err.Error() != "ERR value is not an integer or out of range" || !errors.Is(wrong.Err(), err) {
			t.Errorf("%v, %v", err, wrong)
		}
		want(t, text, "OK")
		want(t, number, 41)
		if z := must(t, scored); !slices.Equal(z, []redis.Z{{Score: 1.5, Member: "a"}, {Score: 2, Member: "b"}}) {
			t.Error(z)
		}
		if f := must(t, fields); len(f) != 1 || f["f"] != "v" {
			t.Error(f)
		}
		err = there.Watch(ctx, func(tx *redis.Tx) error {
			want(t, tx.Get(ctx, "text"), "abc")
			must(t, here.Append(ctx, "text", "d"))
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Set(ctx, "text", "lost", 0).Err() })
			return err
		}, "text")
		if !errors.Is(err, redis.TxFailedErr) {
			t.Errorf("a watched key was changed on the other node: %v", err)
		}
		want(t, there.Get(ctx, "text"), "abcd")
	})
}

// TestScripts: what one node has loaded runs on the other one, by its digest, and in a pipeline.
func TestScripts(t *testing.T) {
	eachProtocol(t, func(ctx context.Context, t *testing.T, here, there *redis.Client) {
		script := redis.NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
		if err := script.EvalSha(ctx, there, []string{"n"}, 1).Err(); !redis.HasErrorPrefix(err, "NOSCRIPT") {
			t.Errorf("a script nobody has loaded: %v", err)
		}
		want(t, script.Run(ctx, here, []string{"n"}, 1), any(int64(1)))
		want(t, script.EvalSha(ctx, there, []string{"n"}, 1), any(int64(2)))
		if there := must(t, script.Exists(ctx, there)); !slices.Equal(there, []bool{true}) {
			t.Error(there)
		}
		replies, err := there.Pipelined(ctx, func(p redis.Pipeliner) error {
			for range 200 {
				script.EvalSha(ctx, p, []string{"n"}, 1)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, reply := range replies {
			want(t, reply.(*redis.Cmd), any(int64(i+3)))
		}
		values := redis.NewScript("return {1, 'two', false, {3, '4'}, redis.status_reply('FINE')}")
		if v := must(t, values.RunRO(ctx, here, nil)); fmt.Sprint(v) != "[1 two <nil> [3 4] FINE]" {
			t.Error(v)
		}
		fails := redis.NewScript("redis.call('SET', KEYS[1], 'kept'); return redis.error_reply('CODE and text')")
		if err := fails.Run(ctx, there, []string{"k"}).Err(); err == nil || err.Error() != "CODE and text" {
			t.Error(err)
		}
		want(t, here.Get(ctx, "k"), "kept")
		if err := values.EvalShaRO(ctx, there, nil).Err(); err != nil {
			t.Error(err)
		}
	})
}

// TestFunctions: a library is there on both nodes as soon as one has it, and gone as soon as one has removed it.
func TestFunctions(t *testing.T) {
	eachProtocol(t, func(ctx context.Context, t *testing.T, here, there *redis.Client) {
		want(t, here.FunctionLoad(ctx, `#!lua name=bank
redis.register_function('deposit', function(keys, args) return redis.call('INCRBY', keys[1], args[1]) end)
redis.register_function{function_name = 'balance', flags = {'no-writes'},
	callback = function(keys) return redis.call('GET', keys[1]) end}`), "bank")
		want(t, there.FCall(ctx, "deposit", []string{"account"}, 30), any(int64(30)))
		want(t, here.FCall(ctx, "deposit", []string{"account"}, 12), any(int64(42)))
		want(t, there.FCallRO(ctx, "balance", []string{"account"}), any("42"))
		if err := there.FCallRO(ctx, "deposit", []string{"account"}, 1).Err(); err == nil {
			t.Error("a function that writes ran as one that does not")
		}
		libraries := must(t, there.FunctionList(ctx, redis.FunctionListQuery{LibraryNamePattern: "b*", WithCode: true}))
		if len(libraries) != 1 || libraries[0].Name != "bank" || libraries[0].Engine != "LUA" || len(libraries[0].Functions) != 2 {
			t.Errorf("%+v", libraries)
		}
		dump := must(t, there.FunctionDump(ctx))
		want(t, there.FunctionDelete(ctx, "bank"), "OK")
		if err := here.FCall(ctx, "deposit", []string{"account"}, 1).Err(); err == nil || err.Error() != "ERR Function not found" {
			t.Error(err)
		}
		want(t, here.FunctionRestore(ctx, dump), "OK")
		want(t, there.FCall(ctx, "deposit", []string{"account"}, 1), any(int64(43)))
	})
}

// TestPublish: a subscriber on one node gets what is published on the other one, by scripts and transactions too, in order.
func TestPublish(t *testing.T) {
	eachProtocol(t, func(ctx context.Context, t *testing.T, here, there *redis.Client) {
		const messages = 100
		subscription := there.Subscribe(ctx, "news")
		defer subscription.Close()
		if _, err := subscription.Receive(ctx); err != nil {
			t.Fatal(err)
		}
		if err := subscription.PSubscribe(ctx, "wea*"); err != nil {
			t.Fatal(err)
		}
		if _, err := subscription.Receive(ctx); err != nil {
			t.Fatal(err)
		}
		publish := redis.NewScript("return redis.call('PUBLISH', ARGV[1], ARGV[2])")
		for i := range messages {
			switch i % 3 {
			case 0:
				must(t, here.Publish(ctx, "news", i))
			case 1:
				must(t, publish.Run(ctx, here, nil, "weather", i))
			case 2:
				if _, err := here.TxPipelined(ctx, func(p redis.Pipeliner) error { return p.Publish(ctx, "news", i).Err() }); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i := range messages {
			m, err := subscription.ReceiveMessage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if by := m.Pattern == "wea*" && m.Channel == "weather"; m.Payload != strconv.Itoa(i) || by != (i%3 == 1) {
				t.Fatalf("message %d: %v", i, m)
			}
		}
	})
}
