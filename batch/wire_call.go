package batch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rowpost/providers"
)

// netCall is what a netWire makes its exchanges with, one after the other: a request, and a
// context that ends with another one or when the time of an exchange is over. Making both
// anew for each exchange costs as much as all else that is done for a row.
type netCall struct {
	req    *http.Request
	url    url.URL
	path   string // the request's, that url has
	reader bytes.Reader
	body   io.ReadCloser // of reader, of a make that net/http writes in one piece with the head
	trace  wireTrace
	wrote  atomic.Bool     // the transport is done with the request
	ends   <-chan struct{} // the end of the context that it follows
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	deadline time.Time   // of the exchange; zero: there is none
	timer    *time.Timer // runs if armed, to a deadline or to one that is over
	armed    bool
	late     bool // the exchange's time was over
}

func newNetCall(ctx context.Context) *netCall {
	c := &netCall{ends: ctx.Done()}
	c.body = io.NopCloser(&c.reader)
	c.ctx, c.cancel = context.WithCancel(ctx)
	traced := httptrace.WithClientTrace(c.ctx, &httptrace.ClientTrace{
		GotConn:      c.trace.gotConn,
		WroteRequest: func(httptrace.WroteRequestInfo) { c.wrote.Store(true) },
	})
	c.req = (&http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(traced)
	return c
}

// begin prepares an exchange that has a certain time from when it began. The request has no
// GetBody: the transport must not repeat anything by itself.
func (c *netCall) begin(to *target, r providers.Request, s *scratch, began time.Time, timeout time.Duration) {
	c.trace.reset()
	if c.path != r.Path || c.url.Host == "" {
		c.url, c.path = *to.url(r), r.Path
	}
	c.url.RawQuery = r.Query
	c.req.Method, c.req.URL, c.req.Host = r.Method, &c.url, c.url.Host
	c.req.Header, c.req.Body, c.req.ContentLength = s.header, nil, int64(len(r.Body))
	c.wrote.Store(false)
	switch {
	case len(r.Body) > 0:
		c.reader.Reset(r.Body)
		c.req.Body = c.body
	case r.Method == http.MethodGet:
		// Without a body the transport would repeat it when a used connection is lost, past
		// the lane's pace. It finds this one empty, and sends none.
		c.req.Body = io.NopCloser(strings.NewReader(""))
	}
	c.watch(began, timeout)
}

// watch ends the exchange when its time is over. All exchanges have equally much: a timer that
// still runs for an earlier one is left alone, and finds the new deadline when it rings.
func (c *netCall) watch(began time.Time, timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = began.Add(timeout)
	switch {
	case c.armed:
	case c.timer == nil:
		c.timer = time.AfterFunc(time.Until(c.deadline), c.ring)
	default:
		c.timer.Reset(time.Until(c.deadline))
	}
	c.armed = true
}

// ring is called by the timer.
func (c *netCall) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := time.Until(c.deadline)
	switch {
	case c.deadline.IsZero():
		c.armed = false
	case left > 0:
		c.timer.Reset(left)
	default:
		c.armed, c.late = false, true
		c.cancel()
	}
}

// inTime ends the watch, and says whether the exchange had time left.
func (c *netCall) inTime() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = time.Time{}
	return !c.late
}

// end says whether the call may be used again after an exchange that went well. The
// transport may still be at the request then, an answer can come early: until it has written
// all, the header is not to be changed, and s gets another one. A request without a body may
// have been written twice, which does not show.
func (c *netCall) end(s *scratch, well bool) bool {
	inTime := c.inTime()
	done := c.wrote.Load() && c.req.ContentLength > 0
	if !done {
		s.header = http.Header{}
	}
	if well && inTime && done && c.ctx.Err() == nil {
		return true
	}
	c.drop()
	return false
}

// why is the reason that an exchange failed: if it was interrupted or its time was over,
// whatever came of that is not.
func (c *netCall) why(ctx context.Context, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() == nil && c.late {
		return context.DeadlineExceeded
	}
	return cause(ctx, err)
}

// drop frees what a call holds.
func (c *netCall) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = time.Time{}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.cancel()
}
