package batch

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"rowpost/providers"
)

// netWire sends with the standard library's transport.
type netWire struct {
	target
	transport *http.Transport
	timeout   time.Duration
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

// request makes the request for the wire. It has no GetBody: the transport must not
// repeat anything by itself.
func (w *netWire) request(r providers.Request, header http.Header) *http.Request {
	u := w.url(r)
	req := &http.Request{
		Method: r.Method, URL: u, Host: u.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	switch {
	case len(r.Body) > 0:
		req.Body = io.NopCloser(bytes.NewReader(r.Body))
		req.ContentLength = int64(len(r.Body))
	case r.Method == http.MethodGet:
		// Without a body the transport would repeat it when a used connection is lost, past
		// the lane's pace. It finds this one empty, and sends none.
		req.Body = io.NopCloser(strings.NewReader(""))
	}
	return req
}

func (w *netWire) exchange(ctx context.Context, began time.Time, r providers.Request, s *scratch) (providers.Response, *sendFailure) {
	ctx, cancel := context.WithDeadline(ctx, began.Add(w.timeout))
	defer cancel()
	var trace wireTrace
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: trace.gotConn})
	// The transport may still be at the request when the answer is there.
	resp, err := w.transport.RoundTrip(w.request(r, maps.Clone(s.header)).WithContext(ctx))
	if err != nil {
		return providers.Response{}, classifyFailure(err, trace.sent())
	}
	return readAnswer(resp, &s.body), nil
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
	_, err := buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err != nil || buf.Len() > maxBody {
		out.Incomplete = true
		buf.Truncate(min(buf.Len(), maxBody))
	}
	_ = resp.Body.Close()
	out.Body = buf.Bytes()
	return out
}

func (w *netWire) close() { w.transport.CloseIdleConnections() }

// wireTrace knows whether a request was given a connection and wrote to it.
type wireTrace struct {
	got    atomic.Bool
	conn   *countedConn // nil if the connection is of another make
	before int64
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
