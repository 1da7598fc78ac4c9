package linearizability

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// minimiseTimeout bounds one check of a smaller history, minimiseTime all of them.
const (
	minimiseTimeout = 2 * time.Second
	minimiseTime    = time.Minute
)

// minimise leaves out of a history without an order what can be left out. Only what makes orders easier to find is done to it, so that
// what remains has none for the same reason: it is cut off behind some moment, where commands under way have no outcome yet; commands that
// only read are left out; outcomes are forgotten.
func minimise(ops []porcupine.Operation) []porcupine.Operation {
	deadline := time.Now().Add(minimiseTime)
	illegal := func(ops []porcupine.Operation) bool {
		return time.Now().Before(deadline) && porcupine.CheckOperationsTimeout(model, ops, minimiseTimeout) == porcupine.Illegal
	}
	ops = slices.Clone(ops)
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Return, b.Return) })
	// The more of a history there is, the less it has an order.
	from, to := 0, len(ops)
	for from < to {
		if middle := (from + to) / 2; illegal(until(ops, middle)) {
			to = middle
		} else {
			from = middle + 1
		}
	}
	if shorter := until(ops, to); illegal(shorter) {
		ops = shorter
	}
	for i := 0; i < len(ops); {
		var smaller []porcupine.Operation
		if unknown := ops[i].Output.(outcome).unknown; reads[ops[i].Input.(command).args[0]] {
			smaller = slices.Delete(slices.Clone(ops), i, i+1)
		} else if !unknown {
			smaller = slices.Clone(ops)
			smaller[i].Output, smaller[i].Return = outcome{unknown: true}, never
		}
		switch {
		case smaller == nil || !illegal(smaller):
			i++
		case len(smaller) == len(ops):
			ops = smaller
			i++
		default:
			ops = smaller
		}
	}
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	return ops
}

// until is the history up to the n-th end of a command: those still under way may or may not happen.
func until(ops []porcupine.Operation, n int) (part []porcupine.Operation) {
	if n == 0 {
		return nil
	}
	end := ops[n-1].Return
	for _, op := range ops {
		if op.Call > end {
			continue
		}
		if op.Return > end {
			if reads[op.Input.(command).args[0]] {
				continue
			}
			op.Output, op.Return = outcome{unknown: true}, never
		}
		part = append(part, op)
	}
	return part
}

// saved is an operation in a file.
type saved struct {
	Client       int
	Call, Return int64
	Group        string
	DB           int
	Args         []string
	Queue        [][]string `json:",omitempty"`
	Reply        string
	Unknown      bool
}

// save writes a history into a file, to be looked at again.
func save(ops []porcupine.Operation, path string) error {
	all := make([]saved, len(ops))
	for i, op := range ops {
		c, o := op.Input.(command), op.Output.(outcome)
		all[i] = saved{op.ClientId, op.Call, op.Return, c.group, c.db, c.args, c.queue, o.reply, o.unknown}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// loadHistory reads a history from a file.
func loadHistory(path string) ([]porcupine.Operation, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []saved
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	ops := make([]porcupine.Operation, len(all))
	for i, s := range all {
		ops[i] = porcupine.Operation{
			ClientId: s.Client, Call: s.Call, Return: s.Return, Input: command{group: s.Group, db: s.DB, args: s.Args, queue: s.Queue},
			Output: outcome{s.Reply, s.Unknown},
		}
	}
	return ops, nil
}

// TestSavedHistory explains the history in the file that LINEARIZABILITY_HISTORY names, if it does.
func TestSavedHistory(t *testing.T) {
	path := os.Getenv("LINEARIZABILITY_HISTORY")
	if path == "" {
		return
	}
	ops, err := loadHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := explain(ops); text != "" {
		t.Error(text)
	}
}

// TestMinimiseKeepsTheReason hides a lost update among other commands and saves what is left of it.
func TestMinimiseKeepsTheReason(t *testing.T) {
	t.Parallel()
	var ops []porcupine.Operation
	add := func(call, end int64, reply, words string) {
		ops = append(ops, porcupine.Operation{
			Input: command{group: "g", args: strings.Fields(words)}, Call: call, Return: end, Output: outcome{reply: reply},
		})
	}
	add(1, 2, "+OK\r\n", "SET k1 a")
	add(3, 4, "$1\r\na\r\n", "GET k1")
	add(5, 9, ":1\r\n", "INCR k0")
	add(6, 8, ":1\r\n", "INCR k0")
	add(10, 11, "$1\r\na\r\n", "GET k1")
	add(12, 13, ":2\r\n", "INCR k0")
	least := minimise(ops)
	known := 0
	for _, op := range least {
		if !op.Output.(outcome).unknown {
			known++
		}
	}
	if len(least) != 3 || known != 2 {
		t.Errorf("%d commands are left, %d with an outcome: %v", len(least), known, least)
	}
	path := filepath.Join(t.TempDir(), "below", "history.json")
	if err := save(least, path); err != nil {
		t.Fatal(err)
	}
	again, err := loadHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	if porcupine.CheckOperations(model, again) || len(again) != len(least) {
		t.Errorf("the file says %v", again)
	}
}
