package conformance

import (
	"embed"
	"io/fs"
)

//go:embed cases/*.case
var caseFiles embed.FS

// Load reads all case files.
func Load() ([]Case, error) {
	names, err := fs.Glob(caseFiles, "cases/*.case")
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, name := range names {
		text, err := caseFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		cases, err := Parse(name, string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}
