package batch

import (
	"context"
	"errors"
	"net"
	"os"
	"time"
)

// restingConn is the socket of a leanConn.
type restingConn struct {
	*countedConn
	glance glance
	// resting has it give only what has come already: a Read that would wait says that its
	// time is over.
	resting bool
}

func newRestingConn(conn net.Conn) *restingConn {
	raw, ok := conn.(*countedConn)
	if !ok {
		raw = &countedConn{Conn: conn}
	}
	c := &restingConn{countedConn: raw}
	c.glance.at(raw.Conn)
	return c
}

func (c *restingConn) Read(b []byte) (int, error) {
	if c.resting && c.glance.quiet() {
		return 0, os.ErrDeadlineExceeded
	}
	return c.countedConn.Read(b)
}

// prepare says whether a request may be written: it has until the deadline and ends with
// the context, and nothing was read or can be read that would be taken for its answer.
func (c *leanConn) prepare(ctx context.Context, deadline time.Time) bool {
	if !c.follow(ctx) || c.conn.SetDeadline(deadline) != nil {
		return false
	}
	// An interrupt that came first has lost its deadline to this one; a later one has not.
	return ctx.Err() == nil && c.quiet()
}

// quiet says whether nothing came from the server while the connection rested: neither
// its end nor bytes that nobody asked for. What TLS has to say to itself, tickets and new
// keys, is dealt with here; and what it has read ahead is seen by reading from it only.
func (c *leanConn) quiet() bool {
	if c.in.Buffered() > 0 {
		return false
	}
	if c.conn == net.Conn(c.raw) {
		return c.raw.glance.quiet()
	}
	c.raw.resting, c.limit.left = true, 1
	_, err := c.in.Peek(1)
	c.raw.resting = false
	return errors.Is(err, os.ErrDeadlineExceeded)
}
