package redissuite

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestKnownFailuresAreTestsOfTheBaseline(t *testing.T) {
	t.Parallel()
	known, err := Known()
	if err != nil {
		t.Fatal(err)
	}
	baseline, files := Baseline(), Files()
	for test, reason := range known {
		tags, ok := baseline[test]
		if !ok {
			t.Errorf("%v is not in the baseline", test)
		}
		if strings.Contains(tags, "needs:repl") || !slices.Contains(files, test.File) {
			t.Errorf("%v is never run", test)
		}
		if len(strings.Fields(reason)) < 2 {
			t.Errorf("%v: %q is no reason", test, reason)
		}
	}
	for _, file := range files {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(baseline)), func(test Test) bool { return test.File == file }) {
			t.Errorf("%s has no tests in the baseline", file)
		}
	}
}

func TestLongTestsAreTestsOfTheBaseline(t *testing.T) {
	t.Parallel()
	baseline, files := Baseline(), Files()
	for test, reason := range LongTests() {
		if _, ok := baseline[test]; !ok || !slices.Contains(files, test.File) {
			t.Errorf("%v is never run", test)
		}
		if len(strings.Fields(reason)) < 2 {
			t.Errorf("%v: %q is no reason", test, reason)
		}
	}
}

func TestOutdatedTestsAreOfTheOlderBaseline(t *testing.T) {
	t.Parallel()
	counts := map[Test]string{}
	for _, text := range []string{baselineText, forcedBaselineText} {
		for _, row := range rows(text) {
			counts[Test{File: row[0], Name: row[1]}] = row[2]
		}
	}
	for _, row := range rows(outdatedText) {
		switch {
		case len(row) != 5 || row[4] == "" || row[2] <= row[3]:
			t.Errorf("%q: want a file, a test, how often it passes on 7.0.15 and less often on 7.2.6, and what has changed", row)
		case counts[Test{File: row[0], Name: row[1]}] != row[2]:
			t.Errorf("%q is not in the baseline of 7.0.15", row)
		}
	}
}

// TestFewFailuresAreForGood: of the tests that need nothing that is yet to
// come, 95 of 100 have to pass.
func TestFewFailuresAreForGood(t *testing.T) {
	t.Parallel()
	known, err := Known()
	if err != nil {
		t.Fatal(err)
	}
	able, failing := 0, 0
	for test, tags := range Baseline() {
		if !slices.Contains(Files(), test.File) || strings.Contains(tags, "needs:repl") {
			continue
		}
		switch reason := known[test]; {
		case reason == "":
			able++
		case !strings.HasPrefix(reason, later):
			able++
			failing++
		}
	}
	t.Logf("%d of %d tests pass", able-failing, able)
	if able == 0 || 100*(able-failing) < 95*able {
		t.Errorf("%d of %d tests fail for good", failing, able)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	known := map[Test]string{
		{"f", "listed"}:     "needs lists",
		{"f", "passes"}:     "needs sets",
		{"f", "flaky"}:      "sometimes too slow",
		{"f", "left out"}:   "needs geo commands",
		{"other", "absent"}: "needs hashes",
	}
	failures := "f\tlisted\terr\tx\nf\tunlisted\texc\tboom\nf\t(set-up) x\tsetup\ty\n"
	results := "# file\ttest\nf\tlisted\t0\nf\tunlisted\t0\nf\tpasses\t1\nf\tflaky\t1\nf\tleft out\t0\n"
	o := Compare(known, failures, results)
	if o.Listed != 1 || len(o.Unlisted) != 1 || o.Unlisted[0].Name != "unlisted" || o.Unlisted[0].Message != "boom" {
		t.Errorf("%+v", o)
	}
	if !slices.Equal(o.Stale, []Test{{"f", "passes"}}) {
		t.Errorf("stale %v", o.Stale)
	}
}
