package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Write puts the report into dir under the name: .md, .json, and .svg when there is something to draw. It returns the paths.
func (r *Report) Write(dir, name string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	picture := ""
	if len(r.Cells) > 0 && len(r.Servers) > 1 {
		picture = name + ".svg"
	}
	type file struct {
		name  string
		write func(io.Writer) error
	}
	files := []file{
		{name + ".md", func(w io.Writer) error { return r.Markdown(w, picture) }},
		{name + ".json", r.JSON},
	}
	if picture != "" {
		files = append(files, file{picture, r.Chart})
	}
	var paths []string
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := writeFile(path, f.write); err != nil {
			return paths, fmt.Errorf("write the report: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// JSON writes everything, every single run included.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
