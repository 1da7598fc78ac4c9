package embedded

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnreachableOrUnwritableDirectory(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	cfg := configFor(filepath.Join(closed, "data"))
	if os.Geteuid() != 0 {
		_, err := Start(bounded(t), cfg)
		wantError(t, err, closed, "permission denied")
		return
	}
	_, err := Start(bounded(t), cfg)
	wantError(t, err, "cannot enter "+cfg.Dir, "PG_EMBEDDED_DIR")

	// With MayMove the data goes where the account can be, and is found there again.
	cfg.MayMove = true
	s := start(t, cfg)
	moved := s.Dir()
	t.Cleanup(func() {
		if err := os.RemoveAll(moved); err != nil {
			t.Error(err)
		}
	})
	if !strings.HasPrefix(moved, systemDir+"/data-") {
		t.Fatalf("the data is in %s", moved)
	}
	ask(t, s.DSN("postgres"), "create table kept as select 42 as n")
	stop(t, s)
	s = start(t, cfg)
	if got := ask(t, s.DSN("postgres"), "select n from kept"); got != "42" {
		t.Errorf("after a restart the table holds %q", got)
	}
	stop(t, s)
}

func TestProgramsInAnUnreachablePlace(t *testing.T) {
	t.Parallel()
	cfg := configFor("")
	acc, err := chooseAccount("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := findBinaries(bounded(t), &cfg, acc); err != nil {
		t.Fatal(err)
	}
	from, err := filepath.Abs(filepath.Join(cfg.CacheDir, builds[cfg.Version].version))
	if err != nil {
		t.Fatal(err)
	}
	cfg.CacheDir = filepath.Join(t.TempDir(), "cache")
	if err := copyOnce(bounded(t), from, filepath.Join(cfg.CacheDir, builds[cfg.Version].version)); err != nil {
		t.Fatal(err)
	}
	bin, err := findBinaries(bounded(t), &cfg, acc)
	if err != nil {
		t.Fatal(err)
	}
	if inside := strings.HasPrefix(bin, cfg.CacheDir); inside != (acc == nil) {
		t.Errorf("account %v runs %s", acc, bin)
	}
}

func TestWrongVersions(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("15\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg := configFor(dir)
	_, err := Start(bounded(t), cfg)
	wantError(t, err, dir, "written by PostgreSQL 15", "cannot be opened by "+cfg.Version)
	cfg.Version = ""
	_, err = Start(bounded(t), cfg)
	wantError(t, err, "no PostgreSQL 15 is known", "16, 17, 18")
	cfg = configFor(newDir(t))
	cfg.BinDir = t.TempDir()
	_, err = Start(bounded(t), cfg)
	wantError(t, err, "no PostgreSQL in "+cfg.BinDir)
}

func TestStrangersInTheWay(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "run"), 0o755), os.Chmod(filepath.Join(dir, "run"), 0o755)); err != nil {
		t.Fatal(err)
	}
	_, err := Start(bounded(t), configFor(dir))
	wantError(t, err, filepath.Join(dir, "run"), "mode 0700")

	dir = newDir(t)
	if err := os.MkdirAll(filepath.Join(dir, "data", "precious"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = Start(bounded(t), configFor(dir))
	wantError(t, err, "holds no PostgreSQL data")
	if _, err := os.Stat(filepath.Join(dir, "data", "precious")); err != nil {
		t.Error(err)
	}
}

func TestLongPathsMoveTheSocket(t *testing.T) {
	t.Parallel()
	s := start(t, configFor(filepath.Join(newDir(t), strings.Repeat("long", 30))))
	if strings.HasPrefix(s.SocketDir(), s.Dir()) {
		t.Errorf("the socket is in %s", s.SocketDir())
	}
	t.Cleanup(func() { os.RemoveAll(s.SocketDir()) })
	ask(t, s.DSN("postgres"), "select 1")
}

func TestDurabilityIsNotForSale(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		cfg := configFor(newDir(t))
		cfg.Settings[name] = "off"
		_, err := Start(bounded(t), cfg)
		wantError(t, err, name, "would lose acknowledged writes")
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	wantError(t, explain("PostgreSQL ended", "LOG: x\nPANIC: could not write: No space left on device\n", "/d"), "disk of /d is full", "PANIC")
	wantError(t, explain("PostgreSQL ended", "something else", "/d"), "something else", "/d")
}

func TestArchivesAreChecked(t *testing.T) {
	t.Parallel()
	archive := func(files map[string]string) string {
		path := filepath.Join(t.TempDir(), "package.tgz")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		zipped := gzip.NewWriter(f)
		w := tar.NewWriter(zipped)
		for name, content := range files {
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := zipped.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := archive(map[string]string{
		archiveRoot + "lib/libx.so.1.2":     "x",
		archiveRoot + "pg-symlinks.json":    `[{"source":"native/lib/libx.so.1.2","target":"native/lib/libx.so"}]`,
		"package/scripts/never-unpacked.js": "",
	})
	wantError(t, checkDigest(good, "pinned"), "pinned is pinned")
	dir := t.TempDir()
	if err := unpack(good, dir); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "lib", "libx.so")); err != nil || target != "libx.so.1.2" {
		t.Errorf("the link leads to %q (%v)", target, err)
	}
	wantError(t, unpack(archive(map[string]string{archiveRoot + "../../evil": ""}), t.TempDir()), "unexpected path")
	wantError(t, unpack(archive(map[string]string{
		archiveRoot + "pg-symlinks.json": `[{"source":"native/lib/x","target":"/etc/x"}]`,
	}), t.TempDir()), "unexpected link")
}
