package linearizability

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/mnorrsken/postkeys/commands/servertest"
)

// checkTimeout bounds the search for an order; it mostly takes a few seconds when there is one.
var checkTimeout = flag.Duration("checktimeout", time.Minute, "how long to look for an order of the commands")

// violationsMax is how many violations are reported.
const violationsMax = 10

// summary says what a run has done, for the test's log.
func (w *workload) summary() string {
	unknown := 0
	for i := range w.history {
		if w.history[i].Output.(outcome).unknown {
			unknown++
		}
	}
	states := map[tokenState]int{}
	for _, state := range w.tokens {
		states[state]++
	}
	return fmt.Sprintf("%d commands checked, of which %d of unknown outcome; %d tokens acknowledged, %d unknown, %d not executed; %d counters",
		len(w.history), unknown, states[tokenAcknowledged], states[tokenUnknown], states[tokenNotExecuted], len(w.counters))
}

// verify checks everything that the clients of a finished workload have seen; reader is a node that serves. A history that no
// order explains is drawn into the file picture, for a browser, unless that is empty.
func (w *workload) verify(reader, picture string) error {
	if len(w.broken) > 0 {
		return errors.Join(w.broken[:min(len(w.broken), violationsMax)]...)
	}
	result, info := porcupine.CheckOperationsVerbose(model, w.history, *checkTimeout)
	if result != porcupine.Ok {
		err := fmt.Errorf("the history of %d commands: %s; drawn into %q\n%s", len(w.history), result, picture, explain(w.history))
		if picture != "" {
			err = errors.Join(err, porcupine.VisualizePath(model, info, picture))
		}
		return err
	}
	c, err := servertest.Dial(reader)
	if err != nil {
		return err
	}
	defer c.Close()
	return errors.Join(w.verifyTokens(c), w.verifyCounters(c))
}

// value reads a key; a missing one is empty.
func value(c *servertest.Client, key string) (string, error) {
	reply, err := c.Do("GET", key)
	if err != nil {
		return "", err
	}
	text := string(reply)
	if text == "$-1\r\n" {
		return "", nil
	}
	header, body, ok := strings.Cut(text, "\r\n")
	if !ok || header[0] != '$' {
		return "", fmt.Errorf("GET %s answered %q", key, text)
	}
	return strings.TrimSuffix(body, "\r\n"), nil
}

// verifyTokens counts every token in the keys it was appended to.
func (w *workload) verifyTokens(c *servertest.Client) error {
	found := map[string]int{}
	read := map[string]bool{}
	for name := range w.tokens {
		key, _, _ := strings.Cut(name, " ")
		if read[key] {
			continue
		}
		read[key] = true
		text, err := value(c, key)
		if err != nil {
			return err
		}
		for token := range strings.SplitSeq(strings.TrimSuffix(text, ";"), ";") {
			if token != "" {
				found[key+" "+token]++
			}
		}
	}
	var violations []error
	for name, state := range w.tokens {
		n := found[name]
		switch {
		case state == tokenAcknowledged && n == 0:
			violations = append(violations, fmt.Errorf("token %s was acknowledged and is lost", name))
		case state == tokenNotExecuted && n > 0:
			violations = append(violations, fmt.Errorf("token %s was reported as not executed and is there", name))
		case n > 1:
			violations = append(violations, fmt.Errorf("token %s was applied %d times", name, n))
		}
		delete(found, name)
	}
	for name := range found {
		violations = append(violations, fmt.Errorf("token %s was never sent", name))
	}
	return errors.Join(violations[:min(len(violations), violationsMax)]...)
}

// verifyCounters compares the counters with the number of INCRs.
func (w *workload) verifyCounters(c *servertest.Client) error {
	var violations []error
	for key, n := range w.counters {
		text, err := value(c, key)
		if err != nil {
			return err
		}
		var got int64
		if text != "" {
			if got, err = strconv.ParseInt(text, 10, 64); err != nil {
				return err
			}
		}
		if got < n.acknowledged || got > n.acknowledged+n.unknown {
			violations = append(violations, fmt.Errorf("%s is %d after %d acknowledged and %d unknown INCRs", key, got, n.acknowledged, n.unknown))
		}
	}
	return errors.Join(violations[:min(len(violations), violationsMax)]...)
}

// TestVerifyFindsViolations starts from a clean workload and spoils what the clients remember.
func TestVerifyFindsViolations(t *testing.T) {
	t.Parallel()
	node := redis(t).Addr
	w := startWorkload(node)
	if err := w.progress(2000, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.finish()
	if err := w.verify(node, ""); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		want  string
		spoil func()
	}{
		{"is lost", func() { w.tokens["tokens:0:0 none"] = tokenAcknowledged }},
		{"is there", func() { someToken(w, tokenNotExecuted) }},
		{"was never sent", func() { delete(w.tokens, someToken(w, tokenAcknowledged)) }},
		{"acknowledged and", func() { w.counters["counter:0:0"].acknowledged++ }},
	} {
		tokens, counters := w.tokens, *w.counters["counter:0:0"]
		w.tokens = map[string]tokenState{}
		for name, state := range tokens {
			w.tokens[name] = state
		}
		test.spoil()
		if err := w.verify(node, ""); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("want %q, got %v", test.want, err)
		}
		w.tokens, *w.counters["counter:0:0"] = tokens, counters
	}
}

// someToken gives one token another state and returns its name.
func someToken(w *workload, state tokenState) string {
	for name := range w.tokens {
		w.tokens[name] = state
		return name
	}
	panic("linearizability: no token was sent")
}
