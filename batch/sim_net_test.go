package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// simConn is a process's connection to a lane's server, without a network between. The
// transport writes each of its small requests in one piece.
type simConn struct {
	start *simStart
	lane  int

	// The world's lock guards what follows.
	change  sync.Cond
	out     []byte // what the server said and nobody read yet
	broken  error  // what a reader gets behind that
	closed  bool
	current *simArrival // the request under way

	deadline time.Time // of the exchange under way
	wake     *time.Timer
}

// late says whether the exchange's time is over. The lock is held.
func (c *simConn) late() bool { return !c.deadline.IsZero() && !time.Now().Before(c.deadline) }

var errSimReset = errors.New("connection reset by peer")

// dialer opens connections to a lane's server.
func (s *simStart) dialer(lane int) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) {
		w := s.world
		w.mu.Lock()
		defer w.mu.Unlock()
		if f, ok := s.episode(lane); s.dead || ok && f == fateOutage {
			w.hit("no connection")
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		}
		c := &simConn{start: s, lane: lane}
		c.change.L = &w.mu
		s.conns = append(s.conns, c)
		return c, nil
	}
}

func (c *simConn) Read(b []byte) (int, error) {
	c.change.L.Lock()
	defer c.change.L.Unlock()
	for len(c.out) == 0 && c.broken == nil && !c.closed && !c.late() {
		c.change.Wait()
	}
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case len(c.out) == 0 && c.broken != nil:
		return 0, c.broken
	case len(c.out) == 0:
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(b, c.out)
	c.out = c.out[n:]
	return n, nil
}

// Write takes a request. Some are lost before their first byte, some on their way.
func (c *simConn) Write(b []byte) (int, error) {
	w := c.start.world
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case c.start.dead, c.closed:
		return 0, net.ErrClosed
	case c.broken != nil:
		return 0, errSimReset
	}
	a := readSimRequest(b)
	if a == nil {
		c.token()
		return len(b), nil
	}
	switch c.start.onTheWire(c.lane, a) {
	case fateOutage:
		w.hit("unwritten")
		w.log(c.start, c.lane, "unwritten", a.id, 0, "")
		c.cut(errSimReset)
		return 0, errSimReset
	case fatePartial:
		c.receive(a, true)
		c.cut(errSimReset)
		return len(b) / 2, errSimReset
	default:
		c.receive(a, false)
		return len(b), nil
	}
}

// onTheWire draws what becomes of a request before it reaches its server: fateOutage:
// nothing of it leaves; fatePartial: some does.
func (s *simStart) onTheWire(lane int, a *simArrival) simFate {
	w, p := s.world, s.world.plan
	key := a.id
	if a.lookup {
		key.request += len(p.requests)
	}
	s.writes[key]++
	s.checkIntent(a, s.writes[key])
	fate, _ := s.episode(lane)
	if fate != fateOutage && !p.plain && !w.healthy {
		switch x := p.draw(drawWrite, s.number, key.row, key.request, s.writes[key]) / p.lanes[lane].trouble; {
		case x < 0.04:
			fate = fateOutage
		case x < 0.08:
			fate = fatePartial
		}
	}
	// What is recorded before it is sent has passed the limiter when that began.
	if fate != fateOutage && (a.lookup || p.requests[a.id.request].kind == simSafe) {
		s.pass(lane, a.id)
	}
	return fate
}

// checkIntent sees that what is not safe to repeat was recorded before its first byte.
func (s *simStart) checkIntent(a *simArrival, writes int) {
	w := s.world
	if a.lookup || w.plan.requests[a.id.request].kind == simSafe {
		return
	}
	l := s.journal.lanes[w.plan.lanes[w.plan.requests[a.id.request].lane].name]
	if l.begun[a.id] < writes {
		w.fault("start %d: row %d request %d is sent for the %d. time, and %d intents are recorded", s.number, a.id.row, a.id.request, writes, l.begun[a.id])
	}
}

// say puts an answer on the wire; a broken one ends before its body does.
func (c *simConn) say(status int, wait time.Duration, body string, broken bool) {
	if c.closed || c.broken != nil {
		return
	}
	length, header := len(body), ""
	if broken {
		length += 10
	}
	if wait > 0 {
		header = fmt.Sprintf("Retry-After: %d\r\n", int(wait/time.Second))
	}
	c.out = fmt.Appendf(c.out, "HTTP/1.1 %d X\r\nContent-Length: %d\r\nContent-Type: application/json\r\n%s\r\n%s", status, length, header, body)
	if broken {
		c.broken = io.EOF
	}
	c.change.Broadcast()
}

// cut ends the connection from the other side. The lock is held.
func (c *simConn) cut(err error) {
	if c.broken == nil {
		c.broken = err
	}
	c.settle()
	c.change.Broadcast()
}

// settle ends the exchange under way: the program has no answer, and will get none.
func (c *simConn) settle() {
	if a := c.current; a != nil && a.ended == 0 {
		a.ended = c.start.world.now()
	}
}

// Close is the program's giving up.
func (c *simConn) Close() error {
	c.change.L.Lock()
	defer c.change.L.Unlock()
	c.closed = true
	if c.wake != nil {
		c.wake.Stop()
	}
	c.settle()
	c.change.Broadcast()
	return nil
}

// LocalAddr is for net.Conn.
func (c *simConn) LocalAddr() net.Addr { return &net.TCPAddr{} }

// RemoteAddr is for net.Conn.
func (c *simConn) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// SetDeadline wakes a reader that waits at its time: a write never waits.
func (c *simConn) SetDeadline(t time.Time) error {
	c.change.L.Lock()
	defer c.change.L.Unlock()
	c.deadline = t
	if c.wake != nil {
		c.wake.Stop()
	}
	if !c.closed {
		c.wake = time.AfterFunc(time.Until(t), func() {
			c.change.L.Lock()
			defer c.change.L.Unlock()
			c.change.Broadcast()
		})
	}
	return nil
}

// SetReadDeadline is for net.Conn.
func (c *simConn) SetReadDeadline(t time.Time) error { return c.SetDeadline(t) }

// SetWriteDeadline is for net.Conn.
func (c *simConn) SetWriteDeadline(time.Time) error { return nil }
