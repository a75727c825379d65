package batch

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowpost/providers"
)

func zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

func gzipAnswer(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func closing(answer string) string {
	return strings.Replace(answer, "\r\n", "\r\nConnection: close\r\n", 1)
}

// answers are what servers may say, rightly or wrongly, and what that means.
var answers = []struct {
	name, answer string
	status       int // 0: none
	body         string
	incomplete   bool
	reused       bool // the connection carries the next request
}{
	{"a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, true},
	{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n", 200, "ok", false, true},
	{"chunks with a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", 200, "ok", false, true},
	{"chunks that break off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", 200, "ok", true, false},
	{"a chunk without a size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n", 200, "", true, false},
	{"interim answers first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, true},
	{"only interim answers", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 9), 0, "", false, false},
	{"many interim answers first", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 99) + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, true},
	{"endless interim answers", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 1<<14), 0, "", false, false},
	{"a status below all classes", "HTTP/1.1 099 X\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 99, "ok", false, false},
	{"a switch of protocols that is none", "HTTP/1.1 101 X\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 101, "", true, false},
	{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", false, true},
	{"not modified, with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, "", false, true},
	{"an empty body", "HTTP/1.1 422 X\r\nContent-Length: 0\r\n\r\n", 422, "", false, true},
	{"an end by close", "HTTP/1.1 200 OK\r\n\r\nok", 200, "ok", false, false},
	{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, false},
	{"a wish to close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, false},
	{"less than was said", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", 200, "ok", true, false},
	{"more than was said", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse", 200, "ok", false, false},
	{"gzip", gzipAnswer(zipped("ok")), 200, "ok", false, true},
	{"gzip that is none", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", 200, "", true, false},
	{"lengths that differ", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", 0, "", false, false},
	{"a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", 0, "", false, false},
	{"a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\nok", 0, "", false, false},
	{"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", 0, "", false, false},
	{"a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok", false, true},
	{"one length, twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, true},
	{"a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", 0, "", false, false},
	{"a huge length", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok", 0, "", false, false},
	{"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 0, "", false, false},
	{"a chunk that is too long", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n", 200, "o", true, false},
	{"a chunk of negative size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nok\r\n0\r\n\r\n", 200, "", true, false},
	{"a chunk of huge size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000002\r\nok\r\n0\r\n\r\n", 200, "", true, false},
	{"chunks without the last line", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", 200, "ok", true, false},
	{"chunks of a byte up to the bound", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1\r\nx\r\n", maxBody) + "0\r\n\r\n", 200, strings.Repeat("x", maxBody), false, true},
	{"a trailer without a colon", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nnonsense\r\n\r\n", 200, "ok", true, false},
	{"HTTP/1.0 that keeps the connection", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, true},
	{"a wish to close in capitals, among others", "HTTP/1.1 200 OK\r\nConnection: x, CLOSE\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, false},
	{"gzip in two parts", gzipAnswer(zipped("o") + zipped("k")), 200, "ok", false, true},
	{"gzip in capitals", strings.Replace(gzipAnswer(zipped("ok")), "gzip", "GZIP", 1), 200, "ok", false, true},
	{"gzip and something after it", closing(gzipAnswer(zipped("ok") + "more")), 200, "ok", true, false},
	{"gzip that breaks off", closing(gzipAnswer(zipped("ok")[:len(zipped("ok"))-2])), 200, "ok", true, false},
	{"gzip of nothing at all", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", 200, "", false, true},
	{"deflate, which nobody asked for", "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, true},
	{"a folded header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, true},
	{"a blank before a colon, so that it is no length", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\nok", 200, "ok", false, false},
	{"another version", "HTTP/2.0 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false, false},
	{"lines that end with a line feed", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok", false, true},
	{"half a head", "HTTP/1.1 200 OK\r\nContent-Le", 0, "", false, false},
	{"nothing but line ends", "\r\n\r\n", 0, "", false, false},
}

// What an answer means is the same whoever reads it, and no byte that was left of one is
// ever read as the next one.
func TestAnswersOfAllKinds(t *testing.T) { bothWays(t, answersOfAllKinds) }

func answersOfAllKinds(t *testing.T, way HTTP) {
	for _, tc := range answers {
		t.Run(tc.name, func(t *testing.T) {
			var requests, connections atomic.Int32
			base := rawServer(t, func(c net.Conn, r *bufio.Reader) {
				connections.Add(1)
				for n := 0; ; n++ {
					if _, err := http.ReadRequest(r); err != nil {
						return
					}
					_, _ = r.Discard(len(post.Body))
					if requests.Add(1) > 1 {
						_, _ = io.WriteString(c, "HTTP/1.1 202 Accepted\r\nContent-Length: 6\r\n\r\nsecond")
						continue
					}
					_, _ = io.WriteString(c, tc.answer)
					if !tc.reused {
						return
					}
				}
			})
			s := testSender(t, way, base, 2*time.Second)
			got := sendOnce(t.Context(), s, post)
			if got.status != tc.status || got.body != tc.body || got.incomplete != tc.incomplete {
				t.Fatalf("status %d, body %q, incomplete %v, %v", got.status, got.body, got.incomplete, got.failure)
			}
			if tc.status == 0 && !got.failure.sent {
				t.Error("it was sent, and nobody says so")
			}
			if next := sendOnce(t.Context(), s, post); next.status != 202 || next.body != "second" {
				t.Errorf("the next request got %+v", next)
			}
			if reused := connections.Load() == 1; reused != tc.reused {
				t.Errorf("reused: %v", reused)
			}
		})
	}
}

// A server that closes a connection while nobody uses it loses no request.
func TestAConnectionClosedAtRest(t *testing.T) {
	closed := make(chan struct{})
	base := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		readRequest(r)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		_ = c.Close()
		closed <- struct{}{}
	})
	s := testSender(t, LeanHTTP, base, 2*time.Second)
	for i := range 20 {
		got := sendOnce(t.Context(), s, post)
		if got.status != 200 {
			t.Fatalf("request %d: %+v", i, got.failure)
		}
		<-closed
	}
}

// A server may refuse a large request before it has taken it whole.
func TestAnEarlyRefusal(t *testing.T) { bothWays(t, anEarlyRefusal) }

func anEarlyRefusal(t *testing.T, way HTTP) {
	srv := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		_, _ = r.ReadString('\n')
		_, _ = io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig")
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, r)
	})
	large := post
	large.Body = bytes.Repeat([]byte("x"), 3<<20)
	if got := sendOnce(t.Context(), testSender(t, way, srv, 3*time.Second), large); got.status != 413 || got.body != "big" {
		t.Errorf("%+v", got)
	}
}

// No value makes a request into two, or a header into another.
func TestHeadersHoldNoLineEnds(t *testing.T) { bothWays(t, headersHoldNoLineEnds) }

func headersHoldNoLineEnds(t *testing.T, way HTTP) {
	var calls atomic.Int32
	base := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		calls.Add(1)
		readRequest(r)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	for name, header := range map[string]http.Header{
		"line end in a value": {"X-A": {"b\r\nX-C: d"}}, "NUL in a value": {"X-A": {"\x00"}}, "blank in a name": {"X A": {"b"}},
		"line end in a name": {"X-A\r\nX-B": {"b"}}, "no name": {"": {"b"}},
	} {
		r := post
		r.Header = header
		if got := sendOnce(t.Context(), testSender(t, way, base, time.Second), r); got.failure == nil || got.failure.sent {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// Both ways write what a server reads alike, whatever path, query and values there are.
func TestRequestsAreReadAlike(t *testing.T) {
	seen := make(chan string, 1)
	base := rawServer(t, func(c net.Conn, r *bufio.Reader) {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		req.Header.Del("Connection")
		seen <- fmt.Sprintf("%s %s %s %q %d %q", req.Method, req.RequestURI, req.Host, req.Header, req.ContentLength, body)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	})
	senders := map[HTTP]*sender{}
	for _, way := range []HTTP{LeanHTTP, NetHTTP} {
		senders[way] = testSender(t, way, base+"/v1", 5*time.Second)
	}
	rapid.Check(t, func(t *rapid.T) {
		r := providers.Request{
			Method: rapid.SampledFrom([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}).Draw(t, "method"),
			Path:   "/" + rapid.StringMatching(`[a-zA-Z0-9 /%+~'()*!$&,;:@=ä"<>^|{}\[\]?#-]{0,12}`).Draw(t, "path"),
			Query:  rapid.StringMatching(`[a-zA-Z0-9%&=+._-]{0,10}`).Draw(t, "query"),
			Header: http.Header{"X-Value": {rapid.StringMatching(`[ -~\t]{0,10}`).Draw(t, "value")}},
		}
		if rapid.Bool().Draw(t, "with body") {
			r.Body = []byte(rapid.String().Draw(t, "body"))
		}
		var got []string
		for _, way := range []HTTP{LeanHTTP, NetHTTP} {
			if a := sendOnce(t.Context(), senders[way], r); a.failure != nil {
				got = append(got, "refused")
			} else {
				got = append(got, <-seen)
			}
		}
		if got[0] != got[1] {
			t.Errorf("%+v\n%s\n%s", r, got[0], got[1])
		}
	})
}
