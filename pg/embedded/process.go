package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// logLimit is the size at which a log is set aside at the next start.
const logLimit = 16 * mb

// process is a postmaster: a child of ours, or one found running.
type process struct {
	pid     int
	exited  chan struct{}
	logFrom int64  // where in the log its words begin
	unwatch func() // ends the watch over one that is not our child
}

// spawn starts the server program as the account. Its output goes to the log.
func (l *layout) spawn(bin string, stopWithParent bool) (*process, error) {
	log, size, err := l.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", l.path("data"))
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", cleanEnv(), l.account.attributes()
	cmd.Stdout, cmd.Stderr = log, log
	if stopWithParent {
		signalOnParentDeath(cmd.SysProcAttr)
	}
	p := &process{exited: make(chan struct{}), logFrom: size, unwatch: func() {}}
	started := make(chan error)
	go func() {
		// The kernel counts the end of the starting thread as the end of the parent: keep it. Afterwards it must not end with this
		// goroutine either, since it may have started other processes before.
		if stopWithParent {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
		}
		err := cmd.Start()
		started <- err
		if err == nil {
			// The log says more than the exit status.
			_ = cmd.Wait()
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", err)
	}
	p.pid = cmd.Process.Pid
	return p, nil
}

// openLog opens the log for appending, setting a large one aside, and tells its size.
func (l *layout) openLog() (f *os.File, size int64, err error) {
	path := l.path("postgresql.log")
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	if size > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, 0, err
		}
		size = 0
	}
	f, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return f, size, err
}

// lines reads a small file of the data directory.
func (l *layout) lines(name string) []string {
	b, err := os.ReadFile(filepath.Join(l.path("data"), name))
	if err != nil {
		return nil
	}
	return strings.Split(string(b), "\n")
}

// running finds a postmaster on the data directory. A pid file whose process is gone, or is another program after a reboot, is left
// from a crash: in the second case PostgreSQL itself would not dare to start, so the file goes.
func (l *layout) running() (*process, error) {
	lines := l.lines("postmaster.pid")
	if len(lines) == 0 {
		return nil, nil
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 || !alive(pid) {
		return nil, nil
	}
	switch cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); {
	case err == nil && cwd != l.realData():
		return nil, os.Remove(filepath.Join(l.path("data"), "postmaster.pid"))
	case errors.Is(err, os.ErrNotExist):
		// A zombie, or gone this moment. Systems without /proc are content with the process being alive.
		if _, statErr := os.Stat("/proc/self/cwd"); statErr == nil {
			return nil, nil
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{pid: pid, exited: make(chan struct{}), unwatch: cancel}
	go func() {
		for alive(pid) {
			if pause(ctx, 200*time.Millisecond) != nil {
				return
			}
		}
		close(p.exited)
	}()
	return p, nil
}

// realData is the data directory as the kernel names it.
func (l *layout) realData() string {
	path, err := filepath.EvalSymlinks(l.path("data"))
	if err != nil {
		return l.path("data")
	}
	return path
}

// alive tells whether a process exists that we may signal, and is not a zombie. A process of another user is no server of ours.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	// The state follows the program's name, which stands in parentheses and may hold any character.
	_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	return !strings.HasPrefix(rest, "Z")
}

// startedBy tells whether the running postmaster is the program in bin.
func (l *layout) startedBy(bin string) bool {
	opts := l.lines("postmaster.opts")
	return len(opts) > 0 && strings.HasPrefix(opts[0], filepath.Join(bin, "postgres")+" ")
}

// stopping tells whether the running postmaster is on its way out.
func (l *layout) stopping() bool {
	lines := l.lines("postmaster.pid")
	return len(lines) >= 8 && strings.TrimSpace(lines[7]) == "stopping"
}

// stop asks for a fast shutdown: clients are disconnected and a checkpoint is written. When ctx ends first it turns to an immediate
// one, which loses nothing either but recovers at the next start.
func (p *process) stop(ctx context.Context) error {
	if err := p.signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
	}
	if err := p.signal(syscall.SIGQUIT); err != nil {
		return err
	}
	<-p.exited
	return fmt.Errorf("PostgreSQL did not stop in time and was stopped at once: it recovers at its next start: %w", ctx.Err())
}

// abandon ends a postmaster that never became ready.
func (p *process) abandon() {
	if p.signal(syscall.SIGQUIT) == nil {
		<-p.exited
	}
}

// signal sends a signal unless the process is gone.
func (p *process) signal(sig syscall.Signal) error {
	select {
	case <-p.exited:
		return nil
	default:
	}
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stopping PostgreSQL (pid %d): %w", p.pid, err)
	}
	return nil
}
