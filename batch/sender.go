package batch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
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
	to        target
	wire      wire
	auth      authorizer
	signer    *signer // nil: requests are not signed
	userAgent []string
	secrets   *redactor
	scratches sync.Pool // of *scratch
}

func newSender(d providers.Description, a Account, o Options) (*sender, error) {
	base, err := ParseBaseURL(a.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	inFlight := max(1, a.Limit.InFlight)
	dial := newDialer(a.dial, o.Timeout)
	to := target{base, strings.TrimSuffix(base.EscapedPath(), "/")}
	net := newNetWire(to, inFlight, o.Timeout, dial)
	s := &sender{
		to:        to,
		wire:      net,
		userAgent: []string{o.UserAgent},
		secrets:   &redactor{},
	}
	s.scratches.New = newScratch
	if s.signer, err = newSigner(d, a.Values); err != nil {
		return nil, fmt.Errorf("%s: %w", d.Name, err)
	}
	s.auth = newAuthorizer(d, base, a.Values, net.transport, o.Timeout, s.secrets)
	if o.HTTP != NetHTTP {
		if lean := newLeanWire(to, inFlight, o.Timeout, dial, net); lean != nil {
			s.wire = lean
		}
	}
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

// send makes one attempt. Leave is asked when all but the request itself is ready; its
// error is given back, and nothing was sent then. Else use gets the attempt; the memory
// of its response is lent, and must not be kept beyond use's return.
func (s *sender) send(ctx context.Context, r providers.Request, leave func() error, use func(attempt)) error {
	memory := s.scratches.Get().(*scratch)
	defer s.scratches.Put(memory)
	s.describe(memory.header, r)
	a := attempt{at: time.Now()}
	if a.proof, a.failure = s.auth.apply(ctx, memory.header); a.failure != nil {
		a.took = time.Since(a.at)
		use(a)
		return nil
	}
	if err := leave(); err != nil {
		return err
	}
	a.at = time.Now()
	if s.signer != nil { // last: a server takes a signature's time for the sending's
		s.signer.sign(memory.header, r, s.to.url(r), a.at)
	}
	memory.body.Reset()
	a.response, a.failure = s.wire.exchange(ctx, a.at, r, memory)
	a.took = time.Since(a.at)
	use(a)
	return nil
}

// describe fills a request's header, but for what proves who sends it.
func (s *sender) describe(header http.Header, r providers.Request) {
	clear(header)
	for k, v := range r.Header {
		if r.Body == nil && (k == "Idempotency-Key" || k == "X-Idempotency-Key") {
			// By these names the transport would repeat a request without a body, past the
			// lane's pace and its count of attempts; servers know them in any case.
			k = strings.ToLower(k)
		}
		header[k] = v
	}
	header["User-Agent"] = s.userAgent
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

func (s *sender) close() { s.wire.close() }
