package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// systemDir is used as root when the account of PostgreSQL cannot reach the usual places.
const systemDir = "/var/lib/postkeys"

// findBinaries returns a directory with the programs of the wanted version that the account can run.
func findBinaries(ctx context.Context, cfg *Config, acc *account) (string, error) {
	if cfg.BinDir != "" {
		bin, err := filepath.Abs(cfg.BinDir)
		if err != nil {
			return "", err
		}
		return bin, checkBinaries(bin, cfg.Version, acc)
	}
	b, ok := builds[cfg.Version]
	if !ok {
		return "", fmt.Errorf("no PostgreSQL %s is known here, only %s: set PG_EMBEDDED_BIN_DIR to the programs of that version",
			cfg.Version, strings.Join(Versions, ", "))
	}
	if err := supported(); err != nil {
		return "", err
	}
	caches, err := cacheDirs(cfg.CacheDir)
	if err != nil {
		return "", err
	}
	tree := ""
	for _, dir := range caches {
		if isTree(filepath.Join(dir, b.version)) {
			tree = filepath.Join(dir, b.version)
			break
		}
	}
	if tree == "" {
		tree = filepath.Join(caches[0], b.version)
		if err := fetchOnce(ctx, cfg, tree); err != nil {
			return "", err
		}
	}
	bin := filepath.Join(tree, "bin")
	err = checkBinaries(bin, cfg.Version, acc)
	if acc != nil && errors.Is(err, fs.ErrPermission) {
		moved := filepath.Join(systemDir, "postgresql", b.version)
		cfg.Logger.Info("PostgreSQL runs from a copy, since its user cannot enter the original", "user", acc.name, "from", tree, "to", moved)
		if err := copyOnce(ctx, tree, moved); err != nil {
			return "", err
		}
		bin = filepath.Join(moved, "bin")
		err = checkBinaries(bin, cfg.Version, acc)
	}
	return bin, err
}

// cacheDirs lists where builds may lie; a missing one is fetched into the first.
func cacheDirs(configured string) ([]string, error) {
	if configured != "" {
		dir, err := filepath.Abs(configured)
		return []string{dir}, err
	}
	var dirs []string
	exe, err := os.Executable()
	if err == nil && filepath.Base(filepath.Dir(exe)) == ".build" {
		dirs = append(dirs, filepath.Join(filepath.Dir(exe), "postgresql"))
	}
	if os.Geteuid() == 0 {
		return append(dirs, filepath.Join(systemDir, "postgresql")), nil
	}
	user, err := os.UserCacheDir()
	if err != nil {
		if len(dirs) > 0 {
			return dirs, nil
		}
		return nil, fmt.Errorf("no place to keep PostgreSQL: %w", err)
	}
	return append(dirs, filepath.Join(user, "postkeys", "postgresql")), nil
}

// isTree tells whether a build is there; builds appear complete or not at all.
func isTree(tree string) bool {
	_, err := os.Stat(filepath.Join(tree, "bin", "postgres"))
	return err == nil
}

// checkBinaries runs the server program as the account to see that it can be reached and that it is of the wanted version.
func checkBinaries(bin, version string, acc *account) error {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			return fmt.Errorf("no PostgreSQL in %s: %w", bin, err)
		}
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "--version")
	cmd.Dir, cmd.Env = "/", cleanEnv()
	cmd.SysProcAttr = acc.attributes()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot run %s: %w %s", cmd.Path, err, out)
	}
	text := strings.TrimSpace(string(out))
	if fields := strings.Fields(text); len(fields) < 3 || !strings.HasPrefix(fields[2], version+".") && fields[2] != version {
		return fmt.Errorf("%s is %q, but PostgreSQL %s is wanted", cmd.Path, text, version)
	}
	return nil
}

// copyOnce copies a build to a place the account can reach, once for all processes.
func copyOnce(ctx context.Context, from, to string) error {
	return once(ctx, to, func(tmp string) error {
		return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(from, path)
			if err != nil {
				return err
			}
			target := filepath.Join(tmp, rel)
			switch entry.Type() {
			case fs.ModeDir:
				return mkdirs(target)
			case fs.ModeSymlink:
				link, err := os.Readlink(path)
				if err != nil {
					return err
				}
				return os.Symlink(link, target)
			default:
				return copyFile(path, target)
			}
		})
	})
}

// copyFile copies bytes and the executable bits; everybody may read the copy.
func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	return writeFile(to, src, info.Mode())
}

// writeFile creates a file that everybody may read, and run when the owner may.
func writeFile(path string, src io.Reader, mode fs.FileMode) error {
	perm := fs.FileMode(0o644)
	if mode&0o100 != 0 {
		perm = 0o755
	}
	dst, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	// The umask may have taken away what the account needs.
	return errors.Join(err, dst.Chmod(perm), dst.Close())
}

// once fills a directory under a lock beside it, unless it is there already: fill gets a temporary directory that takes the final
// name when it is complete.
func once(ctx context.Context, dir string, fill func(tmp string) error) error {
	parent := filepath.Dir(dir)
	if err := mkdirs(parent); err != nil {
		return err
	}
	lock, err := lockFile(ctx, filepath.Join(parent, "fetch.lock"))
	if err != nil {
		return err
	}
	defer lock.release()
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	tmp, err := os.MkdirTemp(parent, "incomplete-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := fill(tmp); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

// mkdirs is os.MkdirAll with directories that everybody may enter, whatever the umask.
func mkdirs(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := mkdirs(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	return os.Chmod(dir, 0o755)
}
