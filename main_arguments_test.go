package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if done, err := answerArguments([]string{"--help"}, &b); !done || err != nil {
		t.Fatal(done, err)
	}
	help := b.String()
	for _, want := range []string{"REDIS_ADDR", ":6379", "PG_SSLMODE", "CACHE_TTL", "250ms", "MAXCLIENTS", "10000",
		"CLIENT_QUERY_BUFFER_LIMIT", "ENABLE_DEBUG_COMMAND"} {
		if !strings.Contains(help, want) {
			t.Errorf("help lacks %s", want)
		}
	}
	b.Reset()
	if done, err := answerArguments([]string{"--version"}, &b); !done || err != nil || !strings.HasPrefix(b.String(), "postkeys ") {
		t.Errorf("version: %v %v %q", done, err, &b)
	}
	if done, err := answerArguments([]string{"--prot", "1"}, &b); !done || err == nil {
		t.Errorf("unknown argument: %v %v", done, err)
	}
	if done, err := answerArguments(nil, &b); done || err != nil {
		t.Errorf("no argument: %v %v", done, err)
	}
}
