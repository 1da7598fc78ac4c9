package linearizability

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// explain shows, for one group whose history has no order, how far the longest order reaches and what does not fit behind it.
func explain(history []porcupine.Operation) string {
	const shown = 8
	for _, ops := range model.Partition(history) {
		result, info := porcupine.CheckOperationsVerbose(model, ops, *checkTimeout)
		if result == porcupine.Ok {
			continue
		}
		var longest []porcupine.Operation
		for _, partial := range info.PartialLinearizationsOperations()[0] {
			if len(partial) > len(longest) {
				longest = partial
			}
		}
		placed := map[string]bool{}
		before := possible{state{}}
		for _, op := range longest {
			placed[line(op)] = true
			before = before.after(op.Input.(command), op.Output.(outcome))
		}
		var b strings.Builder
		fmt.Fprintf(&b, "group %s: an order of %d of its %d commands ends with\n", ops[0].Input.(command).group, len(longest), len(ops))
		for _, op := range longest[max(0, len(longest)-shown):] {
			b.WriteString(line(op))
		}
		fmt.Fprintf(&b, "which leaves %v; then follow in some order, by their end:\n", before)
		slices.SortFunc(ops, func(x, y porcupine.Operation) int { return cmp.Compare(x.Return, y.Return) })
		left := shown
		for _, op := range ops {
			if left > 0 && !placed[line(op)] {
				b.WriteString(line(op))
				left--
			}
		}
		if result == porcupine.Illegal {
			fmt.Fprintf(&b, "without all that can be left out:\n")
			for _, op := range minimise(ops) {
				b.WriteString(line(op))
			}
		}
		return b.String()
	}
	return ""
}

// line shows one command with its times.
func line(op porcupine.Operation) string {
	end := fmt.Sprintf("%.6f", float64(op.Return)/1e9)
	if op.Return == never {
		end = "never"
	}
	return fmt.Sprintf("  %.6f - %s client %d: %s\n", float64(op.Call)/1e9, end, op.ClientId, model.DescribeOperation(op.Input, op.Output))
}
