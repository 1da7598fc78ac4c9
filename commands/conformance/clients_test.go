package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// nodeClient is the Node library of the test, pinned so that a new release cannot break the build.
const nodeClient = "@redis/client@6.3.1"

// TestGoRedis runs what the README shows through go-redis, against redis-server too: there the expectations themselves
// are tested.
func TestGoRedis(t *testing.T) {
	for name, server := range clientServers(t) {
		for _, protocol := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s/resp%d", name, protocol), func(t *testing.T) {
				client := redis.NewClient(&redis.Options{Addr: server.Addr, Protocol: protocol, ClientName: "conformance"})
				defer func() {
					if err := client.Close(); err != nil {
						t.Error(err)
					}
				}()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				useStrings(ctx, t, client)
				useKeys(ctx, t, client)
				usePipeline(ctx, t, client)
			})
		}
	}
}

func clientServers(t *testing.T) map[string]*servertest.Server {
	return map[string]*servertest.Server{
		"redis":    servertest.Redis(t),
		"postkeys": servertest.Postkeys(t, pgtest.DSN(t)),
	}
}

// want compares the value of a command with what is expected of it.
func want[T comparable](t *testing.T, cmd interface {
	Result() (T, error)
	fmt.Stringer
}, expected T,
) {
	t.Helper()
	if got, err := cmd.Result(); err != nil || got != expected {
		t.Errorf("%s: got %v, %v; want %v", cmd, got, err, expected)
	}
}

func useStrings(ctx context.Context, t *testing.T, c *redis.Client) {
	t.Helper()
	want(t, c.FlushDB(ctx), "OK")
	want(t, c.ClientGetName(ctx), "conformance")
	want(t, c.Set(ctx, "mykey", "Hello", 0), "OK")
	want(t, c.Get(ctx, "mykey"), "Hello")
	if err := c.Get(ctx, "missing").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("GET of a missing key: %v", err)
	}
	want(t, c.Append(ctx, "mykey", ", world"), 12)
	want(t, c.GetRange(ctx, "mykey", 0, 4), "Hello")
	want(t, c.SetNX(ctx, "mykey", "other", 0), false)
	want(t, c.SetArgs(ctx, "mykey", "other", redis.SetArgs{Mode: "XX", Get: true}), "Hello, world")
	want(t, c.Set(ctx, "session", "token", time.Minute), "OK")
	if ttl, err := c.TTL(ctx, "session").Result(); err != nil || ttl < 55*time.Second || ttl > time.Minute {
		t.Errorf("TTL: %v, %v", ttl, err)
	}
	want(t, c.GetDel(ctx, "session"), "token")
	want(t, c.Incr(ctx, "counter"), 1)
	want(t, c.IncrBy(ctx, "counter", 41), 42)
	want(t, c.IncrByFloat(ctx, "float", 1.5), 1.5)
	want(t, c.MSet(ctx, "a", "1", "b", "2"), "OK")
	values, err := c.MGet(ctx, "a", "missing", "b").Result()
	if err != nil || !slices.Equal(values, []any{"1", nil, "2"}) {
		t.Errorf("MGET: %v, %v", values, err)
	}
	want(t, c.SetBit(ctx, "bits", 7, 1), 0)
	want(t, c.BitCount(ctx, "bits", nil), 1)
	want(t, c.Set(ctx, "binary", "\x00\xff\r\n", 0), "OK")
	want(t, c.Get(ctx, "binary"), "\x00\xff\r\n")
	if err := c.Incr(ctx, "mykey").Err(); err == nil || err.Error() != "ERR value is not an integer or out of range" {
		t.Errorf("INCR of text: %v", err)
	}
}

func useKeys(ctx context.Context, t *testing.T, c *redis.Client) {
	t.Helper()
	want(t, c.FlushAll(ctx), "OK")
	want(t, c.MSet(ctx, "a", "1", "b", "2", "c", "3"), "OK")
	want(t, c.Exists(ctx, "a", "b", "missing"), 2)
	want(t, c.Type(ctx, "a"), "string")
	want(t, c.Rename(ctx, "a", "d"), "OK")
	want(t, c.Copy(ctx, "d", "e", 0, false), 1)
	var scanned []string
	iterator := c.Scan(ctx, 0, "*", 2).Iterator()
	for iterator.Next(ctx) {
		scanned = append(scanned, iterator.Val())
	}
	slices.Sort(scanned)
	if scanned = slices.Compact(scanned); iterator.Err() != nil || !slices.Equal(scanned, []string{"b", "c", "d", "e"}) {
		t.Errorf("SCAN: %v, %v", scanned, iterator.Err())
	}
	want(t, c.DBSize(ctx), 4)
	want(t, c.Del(ctx, "b", "c", "missing"), 2)
	if info, err := c.Info(ctx, "server").Result(); err != nil || !strings.Contains(info, "redis_version:7.") {
		t.Errorf("INFO: %q, %v", info, err)
	}
}

func usePipeline(ctx context.Context, t *testing.T, c *redis.Client) {
	t.Helper()
	replies, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for range 1000 {
			p.Incr(ctx, "burst")
		}
		return nil
	})
	if err != nil || len(replies) != 1000 {
		t.Fatalf("pipeline: %d replies, %v", len(replies), err)
	}
	for i, reply := range replies {
		want(t, reply.(*redis.IntCmd), int64(i+1))
	}
}

// TestNodeClient runs the same through a Node library.
func TestNodeClient(t *testing.T) {
	root, err := servertest.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, ".build", "node")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// Without a package.json of its own npm would install into a folder further up.
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte("{\"private\": true}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "npm", "install", "--no-package-lock", "--no-save", "--no-audit", "--no-fund", nodeClient)
	script, err := os.ReadFile("testdata/client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "client.mjs"), script, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, server := range clientServers(t) {
		for _, protocol := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s/resp%d", name, protocol), func(t *testing.T) {
				run(t, dir, "node", "client.mjs", strconv.Itoa(server.Port), strconv.Itoa(protocol))
			})
		}
	}
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
