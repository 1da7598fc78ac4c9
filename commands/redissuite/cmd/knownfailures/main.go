// Command knownfailures judges a run of the suite: knownfailures DIR... reads what the runner left in each DIR, prints what is
// not as the list of known failures says, and exits with 1 if there is any.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mnorrsken/postkeys/commands/redissuite"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: knownfailures DIR...")
		os.Exit(2)
	}
	ok, err := judge(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "knownfailures:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// judge prints what a run has shown and tells whether that was expected.
func judge(dirs []string) (ok bool, err error) {
	known, err := redissuite.Known()
	if err != nil {
		return false, err
	}
	var failures, results strings.Builder
	for _, dir := range dirs {
		for name, to := range map[string]*strings.Builder{"failures.tsv": &failures, "results.tsv": &results} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return false, err
			}
			to.Write(text)
		}
	}
	o := redissuite.Compare(known, failures.String(), results.String())
	fmt.Printf("%d known failures, %d unlisted failures, %d entries that pass\n", o.Listed, len(o.Unlisted), len(o.Stale))
	for _, f := range o.Unlisted {
		fmt.Printf("not listed: %s\t%s\t%s: %.300s\n", f.File, f.Name, f.Kind, f.Message)
	}
	for _, test := range o.Stale {
		fmt.Printf("passes now, remove it from known-failures.tsv: %s\t%s\n", test.File, test.Name)
	}
	return len(o.Unlisted)+len(o.Stale) == 0, nil
}
