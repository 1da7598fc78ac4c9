package linearizability

import (
	"errors"
	"flag"
	"fmt"
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
	summary := fmt.Sprintf("%d commands checked, of which %d of unknown outcome; %d counters", len(w.history), unknown, len(w.counters))
	if len(w.tokens) > 0 {
		summary += fmt.Sprintf("; %d tokens acknowledged, %d unknown, %d not executed", states[tokenAcknowledged], states[tokenUnknown],
			states[tokenNotExecuted])
	}
	if len(w.items) == 0 {
		return summary
	}
	handed, lost := 0, 0
	for _, i := range w.items {
		handed += i.handed
	}
	for _, f := range w.families {
		lost += f.lost
	}
	return summary + fmt.Sprintf("; %d items pushed, %d handed out, at most %d taken by commands of unknown outcome", len(w.items), handed, lost)
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
			err = errors.Join(err, porcupine.VisualizePath(model, info, picture), save(w.history, strings.TrimSuffix(picture, ".html")+".json"))
		}
		return err
	}
	c, err := servertest.Dial(reader)
	if err != nil {
		return err
	}
	defer c.Close()
	return errors.Join(w.verifyTokens(c), w.verifyCounters(c), w.verifyItems(c))
}

// value sends a command that reads a string; a missing one is empty.
func value(c *servertest.Client, args ...string) (string, error) {
	reply, err := c.Do(args...)
	if err != nil {
		return "", err
	}
	text := string(reply)
	if text == "$-1\r\n" {
		return "", nil
	}
	header, body, ok := strings.Cut(text, "\r\n")
	if !ok || header[0] != '$' {
		return "", fmt.Errorf("%s answered %q", args, text)
	}
	return strings.TrimSuffix(body, "\r\n"), nil
}

// TestVerifyFindsViolations starts from a clean workload and spoils what the clients remember.
func TestVerifyFindsViolations(t *testing.T) {
	t.Parallel()
	node := redis(t).Addr
	w := startWorkload(stringMix(), node)
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
		{"acknowledged and", func() { w.counters["GET counter:0:0"].acknowledged++ }},
	} {
		tokens, counters := w.tokens, *w.counters["GET counter:0:0"]
		w.tokens = map[string]tokenState{}
		for name, state := range tokens {
			w.tokens[name] = state
		}
		test.spoil()
		if err := w.verify(node, ""); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("want %q, got %v", test.want, err)
		}
		w.tokens, *w.counters["GET counter:0:0"] = tokens, counters
	}
}

// TestVerifyFindsWrongItems does so with items.
func TestVerifyFindsWrongItems(t *testing.T) {
	t.Parallel()
	node := redis(t).Addr
	m := collectionMix()
	m.kinds = m.kinds[:m.singles]
	w := startWorkload(m, node)
	if err := w.progress(3000, time.Minute); err != nil {
		t.Fatal(err)
	}
	w.finish()
	if err := w.verify(node, ""); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		want  string
		spoil func(i *item)
	}{
		{"are gone", func(i *item) { i.handed-- }},
		{"and is there", func(i *item) { i.handed++ }},
		{"not executed", func(i *item) { i.pushed = tokenNotExecuted }},
		{"never sent", func(i *item) { i.family = "" }},
	} {
		for _, i := range w.items {
			if i.handed != 1 {
				continue
			}
			was := *i
			test.spoil(i)
			if err := w.verify(node, ""); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("want %q, got %v", test.want, err)
			}
			*i = was
			break
		}
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
