package batch

import (
	"context"
	"encoding/binary"
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
	records *recordEnds // of what was read; nil: it is no TLS
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
	n, err := c.countedConn.Read(b)
	if c.records != nil {
		c.records.pass(b[:n])
	}
	return n, err
}

// recordEnds follows the records of a TLS connection (RFC 8446, section 5.1). What TLS has
// read of one that is not whole it keeps to itself, and no Read shows it.
type recordEnds struct {
	head [5]byte
	have int // bytes of head
	left int // bytes of the record behind its head
}

func (r *recordEnds) pass(b []byte) {
	for len(b) > 0 {
		if r.left > 0 {
			n := min(r.left, len(b))
			r.left, b = r.left-n, b[n:]
			continue
		}
		n := copy(r.head[r.have:], b)
		r.have, b = r.have+n, b[n:]
		if r.have == len(r.head) {
			r.have, r.left = 0, int(binary.BigEndian.Uint16(r.head[3:]))
		}
	}
}

// between says whether all records were read to their end.
func (r *recordEnds) between() bool { return r.have == 0 && r.left == 0 }

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
	return errors.Is(err, os.ErrDeadlineExceeded) && c.raw.records.between()
}
