// Package redissuite runs Redis' own test suite against postkeys and judges the outcome: the script run-suite drives the suite,
// and this package compares the tests that failed with known-failures.tsv, which holds the reason of each.
//
// The baseline lists the tests that pass on Redis 7.0.15 itself; tests that fail there too do not count, nor do those that fail on
// Redis 7.2.6, which postkeys follows (outdated-in-7.2.6.tsv). The list of known
// failures must stay true in both directions: a failure that is not on it fails the run, and so does an entry whose test passes.
package redissuite

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed known-failures.tsv
var knownText string

//go:embed baseline-7.0.15.tsv
var baselineText string

//go:embed baseline-7.0.15-forced.tsv
var forcedBaselineText string

//go:embed outdated-in-7.2.6.tsv
var outdatedText string

//go:embed files.txt
var filesText string

//go:embed long-tests.tsv
var longText string

// How reasons begin that say more than what they tell a reader.
const (
	// later marks tests of what postkeys does not serve yet.
	later = "needs "
	// sometimes marks tests that may pass.
	sometimes = "sometimes "
)

// Test names one test of the suite.
type Test struct{ File, Name string }

// Known maps tests that may fail to the reason.
func Known() (map[Test]string, error) {
	known := map[Test]string{}
	for _, row := range rows(knownText) {
		if len(row) != 3 || strings.TrimSpace(row[2]) == "" {
			return nil, fmt.Errorf("known-failures.tsv: want file, test and reason in %q", strings.Join(row, "\t"))
		}
		test := Test{File: row[0], Name: row[1]}
		if known[test] != "" {
			return nil, fmt.Errorf("known-failures.tsv: %q is listed twice", row[1])
		}
		known[test] = row[2]
	}
	return known, nil
}

// Baseline returns the tests that pass on Redis 7.0.15 and on 7.2.6, with their
// tags. Tests of a file that have one name are one here.
func Baseline() map[Test]string {
	baseline := map[Test]string{}
	for _, text := range []string{baselineText, forcedBaselineText} {
		for _, row := range rows(text) {
			baseline[Test{File: row[0], Name: row[1]}] = row[3]
		}
	}
	for _, row := range rows(outdatedText) {
		if row[3] == "0" {
			delete(baseline, Test{File: row[0], Name: row[1]})
		}
	}
	return baseline
}

// Files returns the files that a run covers.
func Files() []string {
	var files []string
	for _, row := range rows(filesText) {
		files = append(files, row[0])
	}
	return files
}

// LongTests returns the tests that a quick run leaves out, with the reason.
func LongTests() map[Test]string {
	long := map[Test]string{}
	for _, row := range rows(longText) {
		long[Test{File: row[0], Name: row[1]}] = row[2]
	}
	return long
}

// rows splits a table of tab-separated values and leaves out comments.
func rows(text string) [][]string {
	var all [][]string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, strings.Split(line, "\t"))
		}
	}
	return all
}

// Failure is one test that failed in a run.
type Failure struct {
	Test
	// Kind is err for an assertion, exc for an error reply or lost connection, unreached for a test that never ran.
	Kind, Message string
}

// Outcome is what a run has shown beyond the known failures.
type Outcome struct {
	// Unlisted tests have failed without being known to.
	Unlisted []Failure
	// Stale entries are listed but have passed.
	Stale []Test
	// Listed counts the known failures that have failed indeed.
	Listed int
}

// Compare judges a run by the contents of the runner's failures.tsv and results.tsv.
func Compare(known map[Test]string, failures, results string) Outcome {
	var o Outcome
	failed := map[Test]bool{}
	for _, row := range rows(failures) {
		if len(row) < 4 || strings.HasPrefix(row[1], "(") {
			continue // Trouble between tests; it counts where it makes a test fail.
		}
		f := Failure{Test: Test{File: row[0], Name: row[1]}, Kind: row[2], Message: row[3]}
		failed[f.Test] = true
		if known[f.Test] == "" {
			o.Unlisted = append(o.Unlisted, f)
		} else {
			o.Listed++
		}
	}
	for _, row := range rows(results) {
		if len(row) < 3 || row[2] == "0" {
			continue // It was left out.
		}
		test := Test{File: row[0], Name: row[1]}
		if reason := known[test]; reason != "" && !failed[test] && !strings.HasPrefix(reason, sometimes) {
			o.Stale = append(o.Stale, test)
		}
	}
	return o
}
