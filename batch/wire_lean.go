package batch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rowpost/providers"
)

// largeBody is from when on a request goes through net/http: it may not fit into the
// system's buffers, and then its answer has to be awaited while it is still being written.
const largeBody = 16 << 10

// leanWire speaks HTTP/1.1 on connections of its own: the goroutine that calls it writes
// the request in one piece and waits for the answer itself, where the standard transport
// has two more goroutines for each connection.
type leanWire struct {
	target
	address string
	dial    dialFunc
	tls     *tls.Config // nil: plain
	other   wire        // for what this one does not do
	fixed   string      // lines of the head that all requests have
	timeout time.Duration

	underWay atomic.Int64 // requests
	made     time.Time
	last     atomic.Int64 // when the last request began, in nanoseconds since made

	mu   sync.Mutex
	idle []*leanConn // the one used last is at the end
	most int         // that are kept; 0: no more
}

// newLeanWire gives nil where the requests to a base URL need the standard transport: it
// knows proxies and names that are not ASCII, and it notices that a server has closed a
// connection on systems where a glance at the socket does not tell.
func newLeanWire(to target, inFlight int, timeout time.Duration, dial dialFunc, other wire) *leanWire {
	host := to.base.Host
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: to.base})
	plainName := strings.IndexFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '%' }) < 0
	if proxy != nil || err != nil || !plainName || !canGlance {
		return nil
	}
	w := &leanWire{
		target: to, address: address(to.base), dial: dial, other: other, timeout: timeout, most: inFlight + 1, made: time.Now(),
		fixed: "Host: " + host + "\r\nAccept-Encoding: gzip\r\n",
	}
	if to.base.Scheme == "https" {
		w.tls = &tls.Config{ServerName: to.base.Hostname(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	}
	return w
}

func address(base *url.URL) string {
	port := base.Port()
	if port == "" {
		port = "443"
		if base.Scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(base.Hostname(), port)
}

func (w *leanWire) exchange(ctx context.Context, began time.Time, r providers.Request, s *scratch) (providers.Response, *sendFailure) {
	if !w.does(r) {
		return w.other.exchange(ctx, began, r, s)
	}
	var err error
	s.request, err = w.appendRequest(s.request[:0], r, s.header, &s.lines)
	if errors.Is(err, errOther) {
		return w.other.exchange(ctx, began, r, s)
	}
	if err != nil {
		return providers.Response{}, classifyFailure(err, false)
	}
	c, err := w.connect(ctx, began)
	if err != nil {
		return providers.Response{}, classifyFailure(cause(ctx, err), false)
	}
	s.crowded = w.crowded(began)
	resp, err := c.roundTrip(s)
	w.underWay.Add(-1)
	if err != nil || !c.reusable || ctx.Err() != nil {
		c.close()
	} else {
		w.keep(c, resp.At)
	}
	if err != nil {
		return providers.Response{}, classifyFailure(cause(ctx, err), c.sent())
	}
	return resp, nil
}

// crowded counts a request in, and says whether others are under way and the last of them
// began just before it.
func (w *leanWire) crowded(began time.Time) bool {
	at := int64(began.Sub(w.made))
	follows := at-w.last.Swap(at) < int64(burst)
	return w.underWay.Add(1) > 2 && follows
}

// does says whether this wire sends a request itself: one of the common methods that fits
// into the system's buffers.
func (w *leanWire) does(r providers.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodGet:
		return len(r.Path)+len(r.Query)+len(r.Body) <= largeBody
	}
	return false
}

// cause is why an exchange failed: if it was interrupted, whatever came of that is not the reason.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// errSpokeFirst: what a server says before it was asked is no answer.
var errSpokeFirst = errors.New("the server closed the new connection, or spoke before it was asked")

// connect gives a connection that was used before and is still good, else a new one. Its
// exchange ends when the context does, or its time is over.
func (w *leanWire) connect(ctx context.Context, began time.Time) (*leanConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		c := w.used()
		if c == nil {
			break
		}
		if c.restedFor(began) < idleTime && c.prepare(ctx, began.Add(w.timeout)) {
			return c, nil
		}
		c.close()
	}
	c, err := w.open(ctx, began)
	if err == nil && !c.prepare(ctx, began.Add(w.timeout)) {
		c.close()
		return nil, errSpokeFirst
	}
	return c, err
}

// open makes a new connection.
func (w *leanWire) open(ctx context.Context, began time.Time) (*leanConn, error) {
	ctx, cancel := context.WithDeadline(ctx, began.Add(w.timeout))
	defer cancel()
	conn, err := w.dial(ctx, "tcp", w.address)
	if err != nil {
		return nil, err
	}
	return w.handshake(ctx, conn)
}

// used takes the connection that rested last.
func (w *leanWire) used() *leanConn {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.idle)
	if n == 0 {
		return nil
	}
	c := w.idle[n-1]
	w.idle = w.idle[:n-1]
	return c
}

// handshake makes a connection ready for requests. It takes it over.
func (w *leanWire) handshake(ctx context.Context, conn net.Conn) (*leanConn, error) {
	raw := newRestingConn(conn)
	if w.tls == nil {
		return newLeanConn(raw, raw), nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTime(w.timeout))
	defer cancel()
	raw.records = &recordEnds{}
	secure := tls.Client(raw, w.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return newLeanConn(raw, secure), nil
}

// keep lets a connection rest. Those that rested for too long are closed by the way.
func (w *leanWire) keep(c *leanConn, now time.Time) {
	c.rested = now
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.idle) >= w.most {
		c.close()
		return
	}
	w.idle = append(w.idle, c)
	if oldest := w.idle[0]; len(w.idle) > 1 && c.rested.Sub(oldest.rested) > idleTime {
		oldest.close()
		w.idle = append(w.idle[:0], w.idle[1:]...)
	}
}

func (w *leanWire) close() {
	w.other.close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.idle {
		c.close()
	}
	w.idle, w.most = nil, 0
}
