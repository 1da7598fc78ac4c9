package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mnorrsken/postkeys/bench/process"
)

// RedisProgram is looked up in PATH.
const RedisProgram = "redis-server"

// StartRedis starts program, a redis-server, with its data in a new directory below dir. always makes each write durable before its reply
// leaves; without it nothing is ever written to disk.
func StartRedis(ctx context.Context, program, dir string, always bool, maxClients int) (*Server, error) {
	name, about, persistence := Redis, "no persistence", []string{"--save", "", "--appendonly", "no"}
	if always {
		name, about, persistence = RedisAlways, "fsync before replies", []string{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}
	}
	data, err := os.MkdirTemp(dir, name+"-")
	if err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	args := append([]string{"--bind", host, "--port", port, "--dir", data, "--maxclients", strconv.Itoa(maxClients),
		"--protected-mode", "no"}, persistence...) // its protection knows no loopback address but 127.0.0.1
	s, err := start(ctx, name, addr, process.Command{Path: program, Args: args})
	if err != nil {
		return nil, err
	}
	s.About = about
	s.Command = RedisProgram + strings.ReplaceAll(" "+strings.Join(persistence, " "), "--save  ", "--save '' ")
	return s, nil
}

// StartPostkeys starts the binary on a database. env has settings of the form NAME=value, which win over those made here; the
// caller's own settings for a postkeys do not reach it.
func StartPostkeys(ctx context.Context, binary, dsn string, env []string, maxClients int) (*Server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	metrics, err := freeAddr()
	if err != nil {
		return nil, err
	}
	all := append(foreignEnvironment(os.Environ()),
		"REDIS_ADDR="+addr, "METRICS_ADDR="+metrics, "PG_DSN="+dsn, "MAXCLIENTS="+strconv.Itoa(maxClients),
		"PPROF=true") // costs nothing until asked, and tells what a postkeys does that answers no more
	s, err := start(ctx, Postkeys, addr, process.Command{Path: binary, Env: append(all, env...)})
	if err != nil {
		return nil, err
	}
	s.Command = strings.TrimSpace(strings.Join(env, " ") + " postkeys")
	s.observed = "http://" + metrics
	return s, nil
}

// foreignEnvironment is the environment without what would set up a postkeys.
func foreignEnvironment(environ []string) []string {
	var kept []string
next:
	for _, v := range environ {
		for _, prefix := range []string{"PG_", "REDIS_", "METRICS_", "CACHE_", "TRACE=", "SQLTRACE=", "DEBUG="} {
			if strings.HasPrefix(v, prefix) {
				continue next
			}
		}
		kept = append(kept, v)
	}
	return kept
}

// Build compiles postkeys from the module around the working directory into dir and returns the path of the binary.
func Build(ctx context.Context, dir string) (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "postkeys")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build postkeys: %w\n%s", err, out)
	}
	return path, nil
}

// ModuleRoot is the directory of go.mod at or above the working directory.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod at or above the working directory: run this inside the repository, or name a binary")
		}
		dir = parent
	}
}
