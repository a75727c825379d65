package batch

import (
	"bytes"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
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

	requests sync.Pool // of *[]byte

	mu   sync.Mutex
	idle []*leanConn // the one used last is at the end
	most int         // that are kept
}

// newLeanWire gives nil where the requests to a base URL need the standard transport: it
// knows proxies and names that are not ASCII, and it notices that a server has closed a
// connection on systems where a glance at the socket does not tell.
func newLeanWire(to target, inFlight int, timeout time.Duration, dial dialFunc, other wire) *leanWire {
	host := to.base.Host
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: to.base})
	plainName := strings.IndexFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '%' }) < 0
	if proxy != nil || err != nil || !plainName || runtime.GOOS == "windows" {
		return nil
	}
	w := &leanWire{
		target: to, address: address(to.base), dial: dial, other: other, timeout: timeout, most: inFlight + 1,
		fixed: "Host: " + host + "\r\n",
	}
	w.requests.New = func() any { return new([]byte) }
	if to.base.Scheme == "https" {
		w.tls = &tls.Config{ServerName: to.base.Hostname(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}
	}
	return w
}

func address(base *url.URL) string {
	port := base.Port()
	if port == "" {
		port = base.Scheme // net.Dial knows both by name
	}
	return net.JoinHostPort(base.Hostname(), port)
}

func (w *leanWire) exchange(ctx context.Context, deadline time.Time, r providers.Request, header http.Header, buf *bytes.Buffer) (providers.Response, *sendFailure) {
	if len(r.Body) > largeBody {
		return w.other.exchange(ctx, deadline, r, header, buf)
	}
	out := w.requests.Get().(*[]byte)
	defer w.requests.Put(out)
	var err error
	if *out, err = w.appendRequest((*out)[:0], r, header); err != nil {
		return providers.Response{}, classifyFailure(err, false)
	}
	c, err := w.connect(ctx, deadline)
	if err != nil {
		return providers.Response{}, classifyFailure(cause(ctx, err), false)
	}
	before := c.raw.wrote.Load()
	// Interrupting an exchange is letting its time end. Once that has begun, the connection
	// is of no more use, however far the exchange came.
	stop := context.AfterFunc(ctx, c.interrupt)
	resp, err := c.roundTrip(r.Method, *out, deadline, buf)
	if !stop() || err != nil || !c.reusable {
		c.close()
	} else {
		w.keep(c)
	}
	if err != nil {
		return providers.Response{}, classifyFailure(cause(ctx, err), c.raw.wrote.Load() != before)
	}
	return resp, nil
}

// cause is why an exchange failed: if it was interrupted, whatever came of that is not the reason.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// connect gives a connection that was used before and is still good, else a new one.
func (w *leanWire) connect(ctx context.Context, deadline time.Time) (*leanConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for {
		c := w.used()
		if c == nil {
			break
		}
		if time.Since(c.rested) < idleTime && c.quiet() {
			return c, nil
		}
		c.close()
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
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
	raw, ok := conn.(*countedConn)
	if !ok {
		raw = &countedConn{Conn: conn}
	}
	if w.tls == nil {
		return newLeanConn(raw, raw), nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTime(w.timeout))
	defer cancel()
	secure := tls.Client(raw, w.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return newLeanConn(raw, secure), nil
}

// keep lets a connection rest. Those that rested for too long are closed by the way.
func (w *leanWire) keep(c *leanConn) {
	c.rested = time.Now()
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
	w.idle = nil
}
