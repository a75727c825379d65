package batch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rowpost/providers"
)

// maxBody is how much of an answer is read, after decompression.
const maxBody = 64 << 10

// Codes that this program gives to a request without an answer.
const (
	codeTimeout     = "timeout"
	codeConnection  = "connection"
	codeTLS         = "tls"
	codeInterrupted = "interrupted"
	codeInternal    = "internal"
)

// sendFailure is why an attempt has no answer.
type sendFailure struct {
	// sent says that some of the request may have left the machine: without an answer
	// nobody knows whether it was applied. False: it provably was not.
	sent bool
	code string
	msg  string
	// refused says that the reason meets every request of the lane.
	refused bool
	// retryAfter is how long the token endpoint asks to wait; 0: it does not say.
	retryAfter time.Duration
}

func (f *sendFailure) Error() string { return f.msg }

// attempt is one try to send a request: an answer, or why there is none.
type attempt struct {
	response providers.Response
	failure  *sendFailure // nil: there is an answer
	proof    int          // the authorizer's
	at       time.Time
	took     time.Duration
}

// sender carries requests to one account of a provider. It never follows a
// redirect and never repeats a request. It is safe for concurrent use.
type sender struct {
	base      *url.URL
	path      string // the base URL's path without a slash at its end
	transport *http.Transport
	auth      authorizer
	signer    *signer // nil: requests are not signed
	timeout   time.Duration
	userAgent []string
	secrets   *redactor
	buffers   sync.Pool // of *bytes.Buffer, for answers
}

func newSender(d providers.Description, a Account, o Options) (*sender, error) {
	base, err := ParseBaseURL(a.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	s := &sender{
		base:      base,
		path:      strings.TrimSuffix(base.EscapedPath(), "/"),
		transport: newTransport(max(1, a.Limit.InFlight), o.Timeout, a.dial),
		timeout:   o.Timeout,
		userAgent: []string{o.UserAgent},
		secrets:   &redactor{},
	}
	s.buffers.New = func() any { return new(bytes.Buffer) }
	if s.signer, err = newSigner(d, a.Values); err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	s.auth = newAuthorizer(d, base, a.Values, s.transport, o.Timeout, s.secrets)
	return s, nil
}

// ParseBaseURL checks where a provider is to be called: https, or http on a loopback
// address, and nothing but host and path in it.
func ParseBaseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("the base URL must look like https://api.example.com")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the base URL must hold no user name, query or fragment")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme != "http":
		return nil, errors.New("the base URL must begin with https://")
	case !isLoopback(u.Hostname()):
		return nil, errors.New("the base URL must be https: http is for loopback addresses only")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// newTransport keeps one connection for each request in flight: with the standard
// two idle connections a host most of them would be opened anew each time.
func newTransport(inFlight int, timeout time.Duration, dial dialFunc) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: min(timeout, 15*time.Second), KeepAlive: 30 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &countedConn{Conn: c}, nil
		},
		MaxIdleConns:           inFlight + 1,
		MaxIdleConnsPerHost:    inFlight + 1,
		IdleConnTimeout:        20 * time.Second,
		TLSHandshakeTimeout:    min(timeout, 15*time.Second),
		MaxResponseHeaderBytes: 64 << 10,
		// A dialer of our own keeps the transport to HTTP/1.1: a lost HTTP/2 connection is
		// not noticed by a timeout, and would lose every request that follows on it.
	}
}

// countedConn counts the bytes written, so that a lost connection tells whether any
// of a request had left.
type countedConn struct {
	net.Conn
	wrote atomic.Int64
}

func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.wrote.Add(int64(n))
	return n, err
}

// send makes one attempt. Leave is asked when all but the request itself is ready; its
// error is given back, and nothing was sent then. Else use gets the attempt; the memory
// of its response is lent, and must not be kept beyond use's return.
func (s *sender) send(ctx context.Context, r providers.Request, leave func() error, use func(attempt)) error {
	a := attempt{at: time.Now()}
	header := make(http.Header, len(r.Header)+3)
	for k, v := range r.Header {
		header[k] = v
		if r.Body == nil && (k == "Idempotency-Key" || k == "X-Idempotency-Key") {
			// By these names the transport would repeat a request without a body, past the
			// lane's pace and its count of attempts; servers know them in any case.
			delete(header, k)
			header[strings.ToLower(k)] = v
		}
	}
	header["User-Agent"] = s.userAgent
	if a.proof, a.failure = s.authorize(ctx, header); a.failure != nil {
		a.took = time.Since(a.at)
		use(a)
		return nil
	}
	if err := leave(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	buf := s.buffers.Get().(*bytes.Buffer)
	defer s.buffers.Put(buf)
	buf.Reset()
	a.at = time.Now()
	req := s.request(r, header)
	s.signer.sign(req, r.Body, a.at) // last: a server takes a signature's time for the sending's
	a.response, a.failure = s.exchange(ctx, req, buf)
	a.took = time.Since(a.at)
	use(a)
	return nil
}

// authorize has a time of its own: fetching a token must not eat the attempt's.
func (s *sender) authorize(ctx context.Context, header http.Header) (int, *sendFailure) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.auth.apply(ctx, header)
}

// request makes the request for the wire. It has no GetBody: the transport must not
// repeat anything by itself.
func (s *sender) request(r providers.Request, header http.Header) *http.Request {
	u := *s.base
	u.RawPath = s.path + r.Path
	u.RawQuery = r.Query
	if path, err := url.PathUnescape(u.RawPath); err == nil {
		u.Path = path
	} else {
		u.Path = u.RawPath // no provider builds such a path; the URL then escapes it once more
	}
	req := &http.Request{
		Method: r.Method, URL: &u, Host: u.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	switch {
	case r.Body != nil:
		req.Body = io.NopCloser(bytes.NewReader(r.Body))
		req.ContentLength = int64(len(r.Body))
	case r.Method == http.MethodGet:
		// Without a body the transport would repeat it when a used connection is lost, past
		// the lane's pace. It finds this one empty, and sends none.
		req.Body = io.NopCloser(strings.NewReader(""))
	}
	return req
}

// exchange sends a request and reads its answer into buf.
func (s *sender) exchange(ctx context.Context, req *http.Request, buf *bytes.Buffer) (providers.Response, *sendFailure) {
	var wire wireTrace
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: wire.gotConn})
	resp, err := s.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return providers.Response{}, classifyFailure(err, wire.sent())
	}
	out := providers.Response{Status: resp.StatusCode, Header: resp.Header, At: time.Now()}
	if resp.StatusCode == http.StatusSwitchingProtocols {
		// Not asked for; and what follows is no body: no deadline would end its reading.
		_ = resp.Body.Close()
		out.Incomplete = true
		return out, nil
	}
	_, err = buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err != nil || buf.Len() > maxBody {
		out.Incomplete = true
		buf.Truncate(min(buf.Len(), maxBody))
	}
	// Closing a body that was not read to its end closes the connection: what an endless
	// answer still has to say is not drained.
	_ = resp.Body.Close()
	out.Body = buf.Bytes()
	return out, nil
}

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

// classifyFailure puts an error of the transport in words that hold no address
// parts from a row.
func classifyFailure(err error, sent bool) *sendFailure {
	f := &sendFailure{sent: sent, code: codeConnection}
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		noTLS     tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &noTLS), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		f.code, f.refused = codeTLS, true
		f.msg = "the server does not speak TLS there"
	case errors.Is(err, context.Canceled):
		f.code, f.msg = codeInterrupted, "interrupted"
	case isTimeout(err):
		f.code, f.msg = codeTimeout, "no answer in time"
	case errors.As(err, &dns):
		f.msg = "the host name of the server or its proxy cannot be resolved"
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify):
		f.code, f.refused = codeTLS, true
		f.msg = "the server's certificate is not trusted: " + providers.CleanMessage(err.Error())
	default:
		f.msg = connectionWords(err)
	}
	if sent {
		f.msg += "; the request was sent, and nobody knows whether it was applied"
	} else {
		f.msg += "; nothing was sent"
	}
	return f
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

func connectionWords(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		switch op.Op {
		case "dial":
			return "no connection: " + providers.CleanMessage(op.Err.Error())
		case "proxyconnect":
			return "no connection to the proxy: " + providers.CleanMessage(op.Err.Error())
		}
		return "the connection was lost: " + providers.CleanMessage(op.Err.Error())
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the server closed the connection without an answer"
	}
	return "the exchange broke off: " + providers.CleanMessage(err.Error())
}

func (s *sender) close() { s.transport.CloseIdleConnections() }
