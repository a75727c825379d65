package batch

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"rowpost/providers"
)

// HTTP names a way of sending requests.
type HTTP string

const (
	// LeanHTTP speaks HTTP/1.1 on connections of its own, one goroutine for each, and
	// leaves to net/http what it does not do: proxies, large bodies, systems on which a lost
	// connection cannot be told before it is used.
	LeanHTTP HTTP = "lean"
	// NetHTTP sends everything with the standard library's transport.
	NetHTTP HTTP = "net"
)

// wire makes one exchange of a request and its answer. It follows no redirect and repeats
// nothing. It is safe for concurrent use.
type wire interface {
	// exchange sends a request with the header that s has. All of it, from connecting to the
	// last byte of the answer, has the wire's timeout since began, and ends when ctx does. The
	// answer stands in the memory of s, at most maxBody of its body. Nothing of s is kept.
	exchange(ctx context.Context, began time.Time, r providers.Request, s *scratch) (providers.Response, *sendFailure)
	// close ends the connections that nobody uses.
	close()
}

// scratch is memory that attempts use one after the other.
type scratch struct {
	header  http.Header  // of the request; its values are shared, and never changed
	lines   headerLines  // of the last request's header
	request []byte       // as it goes over the wire
	crowded bool         // the request is one of a burst
	head    answerHead   // of the answer
	body    bytes.Buffer // of the answer
}

func newScratch() any { return &scratch{header: http.Header{}} }

// target is where a provider is called.
type target struct {
	base *url.URL
	path string // the base URL's, escaped, without a slash at its end
}

// url gives a request's address. A path that is no escaped one, which no provider builds,
// is escaped once more.
func (t target) url(r providers.Request) *url.URL {
	u := *t.base
	u.RawPath = t.path + r.Path
	u.RawQuery = r.Query
	if path, err := url.PathUnescape(u.RawPath); err == nil {
		u.Path = path
	} else {
		u.Path = u.RawPath
	}
	return &u
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

func counted(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: c}, nil
	}
}

// newDialer is how a lane connects, unless a test has a way of its own.
func newDialer(dial dialFunc, timeout time.Duration) dialFunc {
	if dial == nil {
		dial = (&net.Dialer{Timeout: handshakeTime(timeout), KeepAlive: 30 * time.Second}).DialContext
	}
	return counted(dial)
}

// handshakeTime bounds connecting, and then the TLS handshake.
func handshakeTime(timeout time.Duration) time.Duration { return min(timeout, 15*time.Second) }

// burst is the time between two requests below which others are surely ready to run, too.
// Giving way to them then costs little; else it would only wake a processor that has
// nothing to do.
const burst = 50 * time.Microsecond

// A connection that rested for so long is not used again: servers close theirs after a
// minute or so, some after half of that, and a request that meets this is lost.
const idleTime = 20 * time.Second

// maxHead is how much of an answer's head is read, interim answers included.
const maxHead = 64 << 10
