package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mnorrsken/postkeys/commands/servertest"
	"github.com/mnorrsken/postkeys/pg/pgtest"
)

// TestFullDisk: a command that finds no room fails with an error that says so,
// reads go on, and writes do as soon as there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	// Vacuum of its catalogue can make PostgreSQL write a file of its own again before it takes connections, which fails
	// without room.
	cluster := pgtest.NewCluster(t, map[string]string{"autovacuum": "off"})
	dir, ballast := smallDisk(t, cluster.PID())
	if dir != "" {
		pgtest.Exec(t, cluster.DSN("postgres"), "create tablespace small location '"+dir+"'", "create database postkeys tablespace small")
	}
	s := servertest.Postkeys(t, cluster.DSN("postkeys"))
	c := dial(t, s)
	if dir == "" {
		pgtest.Exec(t, cluster.DSN("postkeys"), `create function full_disk() returns trigger language plpgsql as $$ begin
			if (select count(*) from kv_keys) > 1000 then raise 'no room' using errcode = 'disk_full'; end if; return null; end $$`,
			"create trigger full_disk after insert or update on kv_keys execute function full_disk()",
			"create trigger full_disk after insert on kv_writers execute function full_disk()")
	}
	value := strings.Repeat("v", 8000)
	full, stored := "", 0
	for stored = range 10000 {
		if full = ask(t, c, "SET k:"+strconv.Itoa(stored)+" "+strconv.Itoa(stored)+":"+value); full != "+OK\r\n" {
			break
		}
	}
	if !strings.HasPrefix(full, "-") || !strings.Contains(full, "53100") {
		t.Fatalf("after %d keys SET answered %.200q", stored, full)
	}
	// What is there can be read, through new connections too, and the command
	// that failed left no trace. Others fail in the same way.
	expect(t, c, "DEBUG RELOAD", "+OK\r\n")
	expect(t, c, "STRLEN k:0", ":8002\r\n")
	expect(t, c, "EXISTS k:"+strconv.Itoa(stored), ":0\r\n")
	if again := ask(t, c, "SET k:"+strconv.Itoa(stored)+" "+value); !strings.Contains(again, "53100") {
		t.Errorf("after a new connection SET answered %.200q", again)
	}
	if status, body := get(t, s, "/ready"); status != 200 {
		t.Errorf("/ready answers %d %q: reads are served", status, body)
	}
	if dir == "" {
		pgtest.Exec(t, cluster.DSN("postkeys"), "drop function full_disk cascade")
	} else if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "SET k:"+strconv.Itoa(stored)+" later", "+OK\r\n")
	expect(t, c, "DBSIZE", ":"+strconv.Itoa(stored+1)+"\r\n")
}

// smallDisk mounts a small file system with a directory that PostgreSQL may
// write to, and a file on it that can be removed to make room. Where mounting is
// not allowed it returns nothing: PostgreSQL's error has to be made then.
func smallDisk(t *testing.T, postmaster int) (dir, ballast string) {
	t.Helper()
	disk, err := os.MkdirTemp("", "postkeys-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(disk) }) // busy until PostgreSQL is gone for good
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=32m,mode=1777"); err != nil {
		t.Logf("no file system can be mounted here: %v", err)
		return "", ""
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	account, err := os.Stat(fmt.Sprintf("/proc/%d", postmaster))
	if err != nil {
		t.Fatal(err)
	}
	dir, ballast = filepath.Join(disk, "space"), filepath.Join(disk, "ballast")
	uid := int(account.Sys().(*syscall.Stat_t).Uid)
	if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, uid, -1), os.WriteFile(ballast, make([]byte, 4<<20), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir, ballast
}
