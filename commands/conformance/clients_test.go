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
	want(t, c.SetArgs(ctx, "mykey", "again", redis.SetArgs{KeepTTL: true}), "OK")
	want(t, c.GetEx(ctx, "mykey", time.Hour), "again")
	want(t, c.Persist(ctx, "mykey"), true)
	want(t, c.SetRange(ctx, "padded", 3, "x"), 4)
	want(t, c.Get(ctx, "padded"), "\x00\x00\x00x")
	fields, err := c.BitField(ctx, "bits", "OVERFLOW", "SAT", "INCRBY", "u2", "6", "5", "GET", "u8", "0").Result()
	if err != nil || !slices.Equal(fields, []int64{3, 3}) {
		t.Errorf("BITFIELD: %v, %v", fields, err)
	}
	want(t, c.BitOpNot(ctx, "inverted", "bits"), 1)
	want(t, c.BitPosSpan(ctx, "inverted", 0, 0, -1, "BIT"), 6)
	lcs, err := c.LCS(ctx, &redis.LCSQuery{Key1: "mykey", Key2: "session2", Idx: true}).Result()
	if err != nil || lcs.Len != 0 {
		t.Errorf("LCS: %v, %v", lcs, err)
	}
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
	want(t, c.ObjectEncoding(ctx, "d"), "int")
	want(t, c.ExpireNX(ctx, "e", time.Hour), true)
	want(t, c.ExpireGT(ctx, "e", time.Minute), false)
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

// TestNodeClients runs the same through Node libraries, pinned so that a new release cannot break the build.
func TestNodeClients(t *testing.T) {
	dir := nodeClients(t)
	for name, server := range clientServers(t) {
		for _, script := range []string{"node-redis.mjs", "ioredis.mjs"} {
			for _, protocol := range []int{2, 3} {
				t.Run(fmt.Sprintf("%s/%s/resp%d", name, script, protocol), func(t *testing.T) {
					run(t, dir, "node", script, strconv.Itoa(server.Port), strconv.Itoa(protocol))
				})
			}
		}
	}
}

// nodeClients copies the scripts to where their libraries are, and fetches those unless they are there.
func nodeClients(t *testing.T) string {
	root, err := servertest.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, ".build", "node")
	const lock = "package-lock.json"
	wanted, err := os.ReadFile(filepath.Join("testdata", "node", lock))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(wanted), `"resolved"`) {
		t.Errorf("%s names addresses; make it with npm install --package-lock-only --omit-lockfile-registry-resolved", lock)
	}
	// npm writes its own list last of all, so it stands for a complete installation.
	_, missing := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json"))
	there, err := os.ReadFile(filepath.Join(dir, lock))
	fetch := missing != nil || err != nil || !slices.Equal(wanted, there)
	if fetch {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(filepath.Join("testdata", "node"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join("testdata", "node", file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file.Name()), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if fetch {
		run(t, dir, "npm", "ci", "--no-audit", "--no-fund")
	}
	return dir
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
