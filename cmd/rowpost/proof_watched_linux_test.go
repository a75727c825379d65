package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watched is a started command whose memory is watched.
type watched struct {
	cmd   *exec.Cmd
	said  bytes.Buffer
	began time.Time
	own   int64 // peak of this process when it started the command
	peak  atomic.Int64
	ended chan struct{}
	left  chan struct{} // the watch has ended
}

// watchedEnd is how it ended.
type watchedEnd struct {
	status    int // below 0: killed
	peak      int64
	took, cpu time.Duration
	said      string
}

// startWatched starts a command; what it says goes to the screen, if there is one.
func startWatched(ctx context.Context, path string, args []string, screen *os.File, env ...string) (*watched, error) {
	m := &watched{cmd: exec.CommandContext(ctx, path, args...), ended: make(chan struct{}), left: make(chan struct{})}
	m.cmd.Env = env
	m.cmd.Stdout, m.cmd.Stderr = &m.said, &m.said
	if screen != nil {
		m.cmd.Stderr = screen
	}
	m.own, m.began = peakOf("self"), time.Now()
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	go m.watch()
	return m, nil
}

func (m *watched) pid() string { return strconv.Itoa(m.cmd.Process.Pid) }

func (m *watched) watch() {
	defer close(m.left)
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			m.look()
		case <-m.ended:
			return
		}
	}
}

func (m *watched) look() { m.peak.Store(max(m.peak.Load(), peakOf(m.pid()))) }

// peakOf is a living process's greatest resident memory so far, in bytes.
func peakOf(pid string) int64 {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10
		}
	}
	return 0
}

// restTime is how long a process must use no processor to be at rest. One that the machine
// gives no time is taken for that, too: then the test sees less, and does not fail.
const restTime = 300 * time.Millisecond

// idle returns when the process has used no processor for a while.
func (m *watched) idle(t *testing.T) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	used, since := m.ticks(t), time.Now()
	for time.Since(since) < restTime {
		select {
		case <-ticker.C:
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
		if now := m.ticks(t); now != used {
			used, since = now, time.Now()
		}
	}
}

// ticks is the processor time used.
func (m *watched) ticks(t *testing.T) string {
	text, err := os.ReadFile("/proc/" + m.pid() + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, behindName, _ := strings.Cut(string(text), ") ")
	const user, system = 11, 12 // of the fields behind the name
	f := strings.Fields(behindName)
	return f[user] + " " + f[system]
}

func (m *watched) kill(t *testing.T) watchedEnd {
	m.look()
	if err := m.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	return m.wait(t)
}

func (m *watched) wait(t *testing.T) watchedEnd {
	t.Helper()
	err := m.cmd.Wait()
	end := watchedEnd{took: time.Since(m.began), said: m.said.String()}
	close(m.ended)
	<-m.left
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	state := m.cmd.ProcessState
	end.status, end.cpu, end.peak = state.ExitCode(), state.UserTime()+state.SystemTime(), m.peak.Load()
	// The system counts a process from before it became the command, when it was this one:
	// only what is above that is the command's own, and then it is exact.
	if all := state.SysUsage().(*syscall.Rusage).Maxrss << 10; all > m.own {
		end.peak = max(end.peak, all)
	}
	return end
}

// stuckScreen is a terminal that nobody looks at.
type stuckScreen struct{ master, slave, filled *os.File }

func newStuckScreen(t *testing.T) *stuckScreen {
	t.Helper()
	open := func(path string, flag int) *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|flag, 0)
		if err != nil {
			t.Skipf("no terminal can be made here: %v", err)
		}
		t.Cleanup(func() { _ = f.Close() }) // mostly it is closed already
		return f
	}
	s := &stuckScreen{master: open("/dev/ptmx", unix.O_NONBLOCK)}
	s.control(t, s.master, func(fd int) error { return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0) })
	number := 0
	s.control(t, s.master, func(fd int) (err error) {
		number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
		return err
	})
	path := fmt.Sprintf("/dev/pts/%d", number)
	s.slave, s.filled = open(path, 0), open(path, unix.O_NONBLOCK)
	return s
}

func (*stuckScreen) control(t *testing.T, f *os.File, do func(fd int) error) {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if failed := raw.Control(func(fd uintptr) { err = do(int(fd)) }); failed != nil || err != nil {
		t.Fatal(failed, err)
	}
}

// fill writes until nothing more goes in.
func (s *stuckScreen) fill(t *testing.T) {
	t.Helper()
	line := bytes.Repeat([]byte("x"), 64)
	s.control(t, s.filled, func(fd int) error {
		for {
			if _, err := unix.Write(fd, line); errors.Is(err, unix.EAGAIN) {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
}

// drain reads all that comes until the last writer is gone.
func (s *stuckScreen) drain(t *testing.T) {
	if err := errors.Join(s.slave.Close(), s.filled.Close()); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, s.master) // ends in an error when nobody has the other end
	}()
	t.Cleanup(func() { <-done })
}
