package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write puts the report into dir under the name: .md, .json, .svg when there is something to draw, and a text for each failure about
// which something was found out. What an earlier report of that name had beside these goes. It returns the paths.
func (r *Report) Write(dir, name string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	earlier, err := filepath.Glob(filepath.Join(dir, name+"-error-*.txt"))
	if err != nil {
		return nil, err
	}
	for _, path := range append(earlier, filepath.Join(dir, name+".svg")) {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
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
	for i, failure := range r.Failures {
		if failure.Evidence != "" {
			files = append(files, file{fmt.Sprintf("%s-error-%d.txt", name, i+1), failure.write})
		}
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

func (f Failure) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s\n\n%s\n\n%s\n", f.What, f.Error, f.Evidence)
	return err
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
