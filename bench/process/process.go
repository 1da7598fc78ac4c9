// Package process starts the servers that are measured, ends them, and reads from /proc what they cost.
//
// It ends only processes it started, by their number, and it reads no other process than those it is asked about. Output of a
// child is kept in bounded memory, for error messages. Reading costs works on Linux alone; elsewhere it is an error.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Command describes a process to start.
type Command struct {
	Path string
	Args []string
	Env  []string // the whole environment; nil means that of the caller
	Dir  string
}

// Process is a running child. Its methods may be called from any goroutine.
type Process struct {
	cmd  *exec.Cmd
	log  tail
	done chan struct{}
	err  error // how it ended; set before done is closed
}

// Start starts a child in a process group of its own, so that Ctrl-C reaches the benchmark alone, which then ends its children in
// order.
func Start(c Command) (*Process, error) {
	p := &Process{cmd: exec.Command(c.Path, c.Args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Dir = c.Env, c.Dir
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = attributes()
	p.cmd.WaitDelay = time.Second // for grandchildren that keep the output open
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.done }

// Log is the end of what the process wrote.
func (p *Process) Log() string { return p.log.String() }

// Stop asks the process to end, waits for it, and kills it when grace is over.
func (p *Process) Stop(grace time.Duration) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.done
	return fmt.Errorf("process %d did not end within %v and was killed", p.PID(), grace)
}

// WaitReady calls ready until it succeeds, and gives up when the process ends or ctx does.
func (p *Process) WaitReady(ctx context.Context, ready func(context.Context) error) error {
	ticker := time.NewTicker(20 * time.Millisecond) // A socket that is not there yet sends no signal to wait for.
	defer ticker.Stop()
	for {
		last := ready(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("the process ended before it answered (%w); it wrote:\n%s", p.err, p.Log())
		case <-ctx.Done():
			return fmt.Errorf("no answer in time (%w); the process wrote:\n%s", last, p.Log())
		case <-ticker.C:
		}
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailBytes = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if over := len(t.b) - tailBytes; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
