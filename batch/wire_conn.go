package batch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"

	"rowpost/providers"
)

// earlyAnswer is how long an answer is awaited from a server that takes no more of a request.
const earlyAnswer = 50 * time.Millisecond

// leanConn is a connection of a leanWire. One goroutine has it at a time.
type leanConn struct {
	raw      *restingConn
	conn     net.Conn // raw, or TLS over it
	in       *bufio.Reader
	limit    limitedReader // below in
	before   int64         // bytes that raw had written before the last request
	reusable bool          // the last answer was read to its end, and the connection lasts
	rested   time.Time
	// ends is the end of what the connection is used for, and forget has it survive that.
	ends   <-chan struct{}
	forget func() bool
}

func newLeanConn(raw *restingConn, conn net.Conn) *leanConn {
	c := &leanConn{raw: raw, conn: conn}
	c.limit.in = conn
	c.in = bufio.NewReaderSize(&c.limit, 4<<10)
	return c
}

// limitedReader reads as long as there is something left.
type limitedReader struct {
	in   io.Reader
	left int
}

var errLargeHead = fmt.Errorf("the head of the answer is larger than %d bytes", maxHead)

func (r *limitedReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errLargeHead
	}
	n, err := r.in.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// roundTrip writes a request and reads its answer.
func (c *leanConn) roundTrip(s *scratch) (providers.Response, error) {
	c.reusable, c.before = false, c.raw.wrote.Load()
	_, lost := c.conn.Write(s.request)
	if lost != nil {
		if !c.sent() || isTimeout(lost) {
			// Whatever can be read here answers something else, if nothing was written.
			return providers.Response{}, lost
		}
		// A server may refuse what it has not read to its end: if so, its answer is here.
		_ = c.conn.SetReadDeadline(time.Now().Add(earlyAnswer))
	}
	if s.crowded {
		runtime.Gosched() // what others have to do takes as long as a quick answer, which needs no waiting then
	}
	out, last, err := c.read(s)
	if err != nil {
		return out, errors.Join(lost, err)
	}
	c.reusable = last && lost == nil && c.in.Buffered() == 0
	return out, nil
}

// sent says whether any of the last request may have left.
func (c *leanConn) sent() bool { return c.raw.wrote.Load() != c.before }

// read reads an answer. Whole says that nothing more belongs to it, and that the server
// will take further requests.
func (c *leanConn) read(s *scratch) (out providers.Response, whole bool, err error) {
	c.limit.left = maxHead
	if _, err := c.in.Peek(1); errors.Is(err, io.EOF) {
		return out, false, io.ErrUnexpectedEOF
	} else if err != nil {
		return out, false, err
	}
	came, _ := c.in.Peek(c.in.Buffered())
	if size := s.head.parse(came); size > 0 {
		_, _ = c.in.Discard(size) // it is in the buffer
		out, whole = c.readPlain(s)
		return out, whole, nil
	}
	resp, err := c.readHead() //nolint:bodyclose // it ends with the connection: what nobody reads is never drained
	if err != nil {
		return out, false, err
	}
	c.limit.left = 32 * maxBody // enough for the body's bound whatever its chunks
	out, whole = readLean(resp, &s.body)
	return out, whole && !resp.Close, nil
}

// readPlain reads the body after a plain head.
func (c *leanConn) readPlain(s *scratch) (providers.Response, bool) {
	out := providers.Response{Status: s.head.status, Header: s.head.header, At: time.Now()}
	c.limit.left = maxBody
	s.body.Grow(s.head.length)
	body := s.body.AvailableBuffer()[:s.head.length]
	n, err := io.ReadFull(c.in, body)
	out.Body, out.Incomplete = body[:n], err != nil
	return out, err == nil
}

// readHead reads the head of the answer; interim ones before it are dropped. All together
// have the bound of one.
func (c *leanConn) readHead() (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(c.in, nil)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode/100 != 1 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, nil
		}
	}
}

// readLean reads an answer's body, and says whether it was read to its end.
func readLean(resp *http.Response, buf *bytes.Buffer) (providers.Response, bool) {
	if resp.ContentLength != 0 && strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") && resp.StatusCode != http.StatusSwitchingProtocols {
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.Body = &gzipBody{in: resp.Body}
	}
	end := &endReader{ReadCloser: resp.Body}
	resp.Body = end
	out := readAnswer(resp, buf)
	return out, end.seen && !out.Incomplete
}

// endReader notices the end of a body.
type endReader struct {
	io.ReadCloser
	seen bool
}

func (r *endReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.seen = r.seen || errors.Is(err, io.EOF)
	return n, err
}

// Close leaves the rest of the body where it is: it is never drained.
func (r *endReader) Close() error { return nil }

// gzipBody unpacks a body. An empty one is empty.
type gzipBody struct {
	in io.ReadCloser
	z  *gzip.Reader
}

func (g *gzipBody) Read(p []byte) (n int, err error) {
	if g.z == nil {
		if g.z, err = gzip.NewReader(g.in); err != nil {
			return 0, err
		}
	}
	return g.z.Read(p)
}

func (g *gzipBody) Close() error { return g.in.Close() }

// restedFor is how long the connection was not used, by the clock that tells more: the
// monotonic one stands still while a machine is suspended, and its servers do not wait.
func (c *leanConn) restedFor(now time.Time) time.Duration {
	return max(now.Sub(c.rested), now.Round(0).Sub(c.rested.Round(0)))
}

// interrupt ends what is under way on the connection. It may be called by anybody.
func (c *leanConn) interrupt() { _ = c.conn.SetDeadline(time.Unix(1, 0)) }

// follow has the end of a context end what is under way: its time is over then. It says
// false if that has begun for another one; the connection is of no more use then.
func (c *leanConn) follow(ctx context.Context) bool {
	if c.ends == ctx.Done() {
		return true
	}
	if c.forget != nil && !c.forget() {
		return false
	}
	c.ends, c.forget = ctx.Done(), context.AfterFunc(ctx, c.interrupt)
	return true
}

// close needs no word with the server: whatever it still sends is of no use.
func (c *leanConn) close() {
	if c.forget != nil {
		c.forget()
	}
	_ = c.raw.Close()
}
