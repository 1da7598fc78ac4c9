package servertest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// readyTimeout bounds the wait for the first PONG. A cold start may have to create a schema on a busy machine.
const readyTimeout = 60 * time.Second

// stopTimeout bounds an orderly stop; the servers themselves give requests in flight up to 30 seconds.
const stopTimeout = 40 * time.Second

// Server is one server process. Its methods may be called from any goroutine.
type Server struct {
	// Addr is host and port, Port the port alone; both survive Kill and Restart.
	Addr string
	Port int
	// MetricsAddr is where a postkeys server serves HTTP.
	MetricsAddr string

	path string
	args []string
	env  []string
	dir  string
	log  logBuffer

	mu   sync.Mutex
	cmd  *exec.Cmd     // nil while stopped
	done chan struct{} // closed when cmd has been waited for
}

// launch starts the process without waiting until it answers.
func (s *Server) launch() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		return errors.New("servertest: the server runs already")
	}
	cmd := exec.Command(s.path, s.args...)
	cmd.Env, cmd.Dir = s.env, s.dir
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	cmd.SysProcAttr = diesWithParent()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.path, err)
	}
	done := make(chan struct{})
	s.cmd, s.done = cmd, done
	go func() {
		err := cmd.Wait()
		fmt.Fprintf(&s.log, "[process %d ended: %v]\n", cmd.Process.Pid, exitReason(err))
		close(done)
	}()
	return nil
}

func exitReason(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// WaitReady waits until the server answers PING with PONG; an error reply such as -LOADING counts as not ready yet.
// It fails as soon as the process ends.
func (s *Server) WaitReady(timeout time.Duration) error {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done == nil {
		return errors.New("servertest: the server was not started")
	}
	deadline := time.Now().Add(timeout)
	var last error
	for time.Now().Before(deadline) {
		if last = s.ping(); last == nil {
			return nil
		}
		select {
		case <-done:
			return fmt.Errorf("the process ended before it was ready; its log:\n%s", s.log.String())
		case <-time.After(10 * time.Millisecond): // A socket that is not there yet sends no signal to wait for.
		}
	}
	return fmt.Errorf("not ready after %v (%w); its log:\n%s", timeout, last, s.log.String())
}

func (s *Server) ping() error {
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = 2 * time.Second
	reply, err := c.Do("PING")
	if err != nil {
		return err
	}
	if string(reply) != "+PONG\r\n" {
		return fmt.Errorf("PING answered %q", reply)
	}
	return nil
}

// Signal sends sig to the process and returns at once.
func (s *Server) Signal(sig os.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return errors.New("servertest: the server does not run")
	}
	return s.cmd.Process.Signal(sig)
}

// PID returns the process id, or 0 while the server is stopped.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Wait returns once the process has ended, or an error after the timeout.
func (s *Server) Wait(timeout time.Duration) error {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done == nil {
		return nil
	}
	select {
	case <-done:
		s.mu.Lock()
		if s.done == done {
			s.cmd, s.done = nil, nil
		}
		s.mu.Unlock()
		return nil
	case <-time.After(timeout):
		return fmt.Errorf("the process still runs after %v", timeout)
	}
}

// Stop ends the server with SIGTERM and waits for it; after a time limit it kills it and reports an error.
// Stopping a stopped server does nothing.
func (s *Server) Stop() error { return s.end(syscall.SIGTERM) }

// Kill ends the server with SIGKILL, as a crash would, and waits until the process is gone.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

func (s *Server) end(sig os.Signal) error {
	if s.PID() == 0 {
		return nil
	}
	if err := s.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	err := s.Wait(stopTimeout)
	if err == nil {
		return nil
	}
	if killErr := s.Signal(syscall.SIGKILL); killErr != nil {
		return errors.Join(err, killErr)
	}
	return errors.Join(err, s.Wait(stopTimeout))
}

// Start starts a stopped server again on the same port with the same arguments and waits until it answers.
func (s *Server) Start() error {
	if err := s.launch(); err != nil {
		return err
	}
	return s.WaitReady(readyTimeout)
}

// Restart stops the server in an orderly way and starts it again.
func (s *Server) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.Start()
}

// Dial opens a connection.
func (s *Server) Dial() (*Client, error) { return Dial(s.Addr) }

// Logs returns the last part of what the process wrote to its standard output and error.
func (s *Server) Logs() string { return s.log.String() }

// freePort finds a port nobody listens on. It stays below the range from which the kernel takes ports for outgoing
// connections: there a client of another test could take the port of a server that is being restarted.
func freePort() (int, error) {
	for range 200 {
		port := 12000 + randomInt(11000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("servertest: no free port found")
}
