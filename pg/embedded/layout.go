package embedded

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// maxSocketPath is what the address of a Unix socket holds on every system, less the terminating NUL.
const maxSocketPath = 103

// layout is a directory with a PostgreSQL in it:
//
//	data/             PostgreSQL's own data directory, of the account
//	run/              the Unix socket, entered by the account and root only
//	postgresql.log    what PostgreSQL has to say, and its predecessor postgresql.log.1
//	password          the superuser's password for TCP
//	start.lock        held while PostgreSQL is started or stopped
//	users.lock        held by every process that uses it
type layout struct {
	dir       string
	account   *account
	socketDir string
	port      int
}

// openLayout creates the directory if need be and decides which user PostgreSQL runs as.
func openLayout(cfg *Config) (layout, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return layout{}, err
	}
	lay, err := layoutAt(dir, cfg)
	if err == nil || !cfg.MayMove || lay.account == nil || !errors.Is(err, fs.ErrPermission) {
		return lay, err
	}
	moved := filepath.Join(systemDir, filepath.Base(dir)+"-"+digest(dir))
	cfg.Logger.Warn("the data is kept elsewhere, since the user that runs PostgreSQL cannot enter the usual directory",
		"user", lay.account.name, "usual", dir, "dir", moved)
	return layoutAt(moved, cfg)
}

// layoutAt is openLayout for one place. An error that is fs.ErrPermission means that another place may do.
func layoutAt(dir string, cfg *Config) (layout, error) {
	lay := layout{dir: dir, port: cfg.Port}
	if lay.port == 0 {
		lay.port = 5432
	}
	var err error
	if lay.account, err = chooseAccount(lay.path("data")); err != nil {
		return lay, err
	}
	if err := mkdirs(dir); err != nil {
		return lay, fmt.Errorf("PostgreSQL's directory cannot be created: %w", err)
	}
	if !lay.account.canEnter(dir) {
		return lay, fmt.Errorf("user %s, which runs PostgreSQL, cannot enter %s: give everybody the right to enter it and the "+
			"directories above, choose another directory with PG_EMBEDDED_DIR, or run postkeys as an ordinary user: %w",
			lay.account.name, dir, fs.ErrPermission)
	}
	lay.socketDir = lay.path("run")
	if len(lay.socketPath()) > maxSocketPath {
		lay.socketDir = filepath.Join(os.TempDir(), "postkeys-"+digest(dir))
	}
	return lay, lay.privateDir(lay.socketDir)
}

// privateDir makes a directory that only the account may enter, and refuses one that somebody else has put there.
func (l *layout) privateDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		return l.account.own(dir)
	} else if !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("PostgreSQL's directory is not writable: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid := uint32(os.Geteuid())
	if l.account != nil {
		uid = l.account.uid
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 || !ok || st.Uid != uid {
		return fmt.Errorf("%s is not a directory that belongs to user %s alone (mode 0700): remove it or correct its owner",
			dir, userName(uid))
	}
	return nil
}

// path names a file of the directory.
func (l *layout) path(name string) string { return filepath.Join(l.dir, name) }

// socketPath is the Unix socket itself.
func (l *layout) socketPath() string {
	return filepath.Join(l.socketDir, fmt.Sprintf(".s.PGSQL.%d", l.port))
}

// dsn is a connection string in libpq's form.
func (l *layout) dsn(database string) string {
	return fmt.Sprintf("host=%s port=%d user=postgres dbname=%s sslmode=disable", quote(l.socketDir), l.port, quote(database))
}

// quote makes a value safe in a connection string and in a configuration file of PostgreSQL.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// dataVersion is the major version that wrote the data, "" if there is none.
func (l *layout) dataVersion() string {
	b, err := os.ReadFile(filepath.Join(l.path("data"), "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// initialise creates the data directory with initdb unless it is there. initdb works under another name, so that one that was
// interrupted leaves nothing that looks like data.
func (l *layout) initialise(ctx context.Context, bin string, log *slog.Logger) error {
	if l.dataVersion() != "" {
		return nil
	}
	fresh, data := l.path("data.new"), l.path("data")
	if err := errors.Join(os.RemoveAll(fresh), l.privateDir(fresh)); err != nil {
		return err
	}
	password := rand.Text()
	if err := os.WriteFile(l.path("password"), []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	passwordFile := filepath.Join(l.socketDir, "password")
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(passwordFile)
	if err := l.account.own(passwordFile); err != nil {
		return err
	}
	log.Info("creating PostgreSQL's data directory", "dir", data)
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata="+fresh, "--username=postgres", "--encoding=UTF8",
		"--locale=C", "--data-checksums", "--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile="+passwordFile,
		"--no-instructions")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = l.socketDir, cleanEnv(), l.account.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return explain(fmt.Sprintf("initdb failed: %v", err), string(out), l.dir)
	}
	if err := includeSettings(filepath.Join(fresh, "postgresql.conf")); err != nil {
		return err
	}
	// An empty directory, such as a fresh mount, may be in the place of the data; anything else stays untouched.
	if err := os.Rename(fresh, data); err != nil {
		return fmt.Errorf("%s exists, but holds no PostgreSQL data: %w", data, err)
	}
	return nil
}

// cleanEnv is the environment of PostgreSQL's programs: none of our own PG... variables, messages in English.
func cleanEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

// digest is a short name for a path.
func digest(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:5])
}
