package batch

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"rowpost/providers"
)

// netWire sends with the standard library's transport.
type netWire struct {
	target
	transport *http.Transport
	timeout   time.Duration

	mu    sync.Mutex
	calls []*netCall // that rest
	most  int        // that are kept; 0: no more
}

// newTransport keeps one connection for each request in flight: with the standard
// two idle connections a host most of them would be opened anew each time.
func newTransport(inFlight int, timeout time.Duration, dial dialFunc) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		MaxIdleConns:           inFlight + 1,
		MaxIdleConnsPerHost:    inFlight + 1,
		IdleConnTimeout:        idleTime,
		TLSHandshakeTimeout:    handshakeTime(timeout),
		MaxResponseHeaderBytes: maxHead,
		// A dialer of our own keeps the transport to HTTP/1.1: a lost HTTP/2 connection is
		// not noticed by a timeout, and would lose every request that follows on it.
	}
}

func newNetWire(to target, inFlight int, timeout time.Duration, dial dialFunc) *netWire {
	return &netWire{target: to, transport: newTransport(inFlight, timeout, dial), timeout: timeout, most: inFlight}
}

func (w *netWire) exchange(ctx context.Context, began time.Time, r providers.Request, s *scratch) (providers.Response, *sendFailure) {
	c := w.take(ctx)
	c.begin(&w.target, r, s, began, w.timeout)
	resp, err := w.transport.RoundTrip(c.req)
	if err != nil {
		failure := classifyFailure(c.why(ctx, err), c.trace.sent())
		c.end(s, false)
		return providers.Response{}, failure
	}
	out := readAnswer(resp, &s.body)
	if c.end(s, true) {
		w.keep(c)
	}
	return out, nil
}

// take gives a call that ends with a context.
func (w *netWire) take(ctx context.Context) *netCall {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := len(w.calls); n > 0; n = len(w.calls) {
		c := w.calls[n-1]
		w.calls = w.calls[:n-1]
		if c.ends == ctx.Done() {
			return c
		}
		c.drop()
	}
	return newNetCall(ctx)
}

// keep has a call ready for another exchange.
func (w *netWire) keep(c *netCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) >= w.most {
		c.drop()
		return
	}
	w.calls = append(w.calls, c)
}

// readAnswer takes of an answer what is looked at, and closes it. Closing a body that was
// not read to its end closes the connection: what an endless answer still has to say is
// not drained.
func readAnswer(resp *http.Response, buf *bytes.Buffer) providers.Response {
	out := providers.Response{Status: resp.StatusCode, Header: resp.Header, At: time.Now()}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Not asked for; and what follows is no body: no deadline would end its reading.
		_ = resp.Body.Close()
		out.Incomplete = true
		return out
	}
	limit := io.LimitedReader{R: resp.Body, N: maxBody + 1}
	_, err := buf.ReadFrom(&limit)
	if err != nil || buf.Len() > maxBody {
		out.Incomplete = true
		buf.Truncate(min(buf.Len(), maxBody))
	}
	_ = resp.Body.Close()
	out.Body = buf.Bytes()
	return out
}

func (w *netWire) close() {
	w.transport.CloseIdleConnections()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		c.drop()
	}
	w.calls, w.most = nil, 0
}

// wireTrace knows whether a request was given a connection and wrote to it.
type wireTrace struct {
	got    atomic.Bool
	conn   *countedConn // nil if the connection is of another make
	before int64
}

func (w *wireTrace) reset() {
	w.got.Store(false)
	w.conn, w.before = nil, 0
}

func (w *wireTrace) gotConn(info httptrace.GotConnInfo) {
	conn := info.Conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	if c, ok := conn.(*countedConn); ok {
		w.conn, w.before = c, c.wrote.Load()
	}
	w.got.Store(true)
}

// sent says whether any of the request may have left. Without a connection it
// provably did not, nor if nothing was written to the connection since.
func (w *wireTrace) sent() bool {
	if !w.got.Load() {
		return false
	}
	return w.conn == nil || w.conn.wrote.Load() != w.before
}
