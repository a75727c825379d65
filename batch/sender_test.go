package batch

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rowpost/providers"
)

// answered is what a test needs to know of an attempt after it.
type answered struct {
	status     int
	body       string
	incomplete bool
	failure    *sendFailure
}

// free lets every request go at once.
func free() error { return nil }

func testSender(t *testing.T, way HTTP, base string, timeout time.Duration) *sender {
	t.Helper()
	o := DefaultOptions()
	o.Timeout, o.HTTP = timeout, way
	s, err := newSender(providers.Description{Name: "acme", Title: "Acme"}, Account{BaseURL: base, Limit: providers.Limit{InFlight: 2}}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// bothWays runs a test with each way of sending: what holds for one holds for the other.
func bothWays(t *testing.T, test func(t *testing.T, way HTTP)) {
	for _, way := range []HTTP{LeanHTTP, NetHTTP} {
		t.Run(string(way), func(t *testing.T) { test(t, way) })
	}
}

// trust makes a sender trust a test's server.
func trust(s *sender, c *tls.Config) {
	switch w := s.wire.(type) {
	case *leanWire:
		w.tls = c
	case *netWire:
		w.transport.TLSClientConfig = c
	}
}

func sendOnce(ctx context.Context, s *sender, r providers.Request) (out answered) {
	_ = s.send(ctx, r, free, func(a attempt) {
		out = answered{a.response.Status, string(a.response.Body), a.response.Incomplete, a.failure}
	})
	return out
}

var post = providers.Request{Method: http.MethodPost, Path: "/x", Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("body")}

// rawServer answers each connection by a function that has the bare connection.
func rawServer(t *testing.T, handle func(net.Conn, *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			handle(c, bufio.NewReader(c))
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func readRequest(r *bufio.Reader) {
	req, err := http.ReadRequest(r)
	if err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

func TestSenderTellsSentFromUnsent(t *testing.T) { bothWays(t, senderTellsSentFromUnsent) }

func senderTellsSentFromUnsent(t *testing.T, way HTTP) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + closed.Addr().String()
	_ = closed.Close()
	tlsServer := httptest.NewTLSServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer tlsServer.Close()

	plainServer := httptest.NewServer(http.NotFoundHandler())
	defer plainServer.Close()

	for _, tc := range []struct {
		name    string
		base    string
		sent    bool
		code    string
		refused bool
	}{
		{"refused connection", refused, false, codeConnection, false},
		{"unknown host", "https://no-such-host.invalid", false, codeConnection, false},
		{"unknown certificate authority", tlsServer.URL, false, codeTLS, true},
		{"https to a server that speaks http", "https" + strings.TrimPrefix(plainServer.URL, "http"), false, codeTLS, true},
		{"closed without an answer", rawServer(t, func(_ net.Conn, r *bufio.Reader) { readRequest(r) }), true, codeConnection, false},
		{"silent server", rawServer(t, func(_ net.Conn, r *bufio.Reader) { readRequest(r); _, _ = r.ReadByte() }), true, codeTimeout, false},
		{"an answer that is not HTTP", rawServer(t, func(c net.Conn, r *bufio.Reader) { readRequest(r); _, _ = io.WriteString(c, "SSH-2.0\r\n\r\n") }), true, codeConnection, false},
		{"endless head", rawServer(t, func(c net.Conn, r *bufio.Reader) {
			readRequest(r)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for i := range 1 << 20 {
				if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("y", 100)); err != nil {
					return
				}
			}
		}), true, codeConnection, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			timeout := time.Minute
			if tc.code == codeTimeout {
				timeout = 500 * time.Millisecond
			}
			got := sendOnce(t.Context(), testSender(t, way, tc.base, timeout), post)
			if got.failure == nil {
				t.Fatalf("answer %d", got.status)
			}
			if got.failure.sent != tc.sent || got.failure.code != tc.code || got.failure.refused != tc.refused {
				t.Errorf("got sent=%v code=%s refused=%v (%s)", got.failure.sent, got.failure.code, got.failure.refused, got.failure.msg)
			}
		})
	}
}

func TestSenderBoundsAnswers(t *testing.T) { bothWays(t, senderBoundsAnswers) }

func senderBoundsAnswers(t *testing.T, way HTTP) {
	for _, tc := range []struct {
		name       string
		handle     http.HandlerFunc
		incomplete bool
		length     int
	}{
		{"a body at the bound", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, maxBody)) }, false, maxBody},
		{"an endless body", func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, true, maxBody},
		{"a gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 1000 {
				if _, err := z.Write(make([]byte, 1<<16)); err != nil || z.Flush() != nil || http.NewResponseController(w).Flush() != nil {
					return
				}
			}
		}, true, maxBody},
		{"a body that is cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, true, 4},
		{"a body that drips beyond the deadline", func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("drip"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, true, 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := httptest.NewServer(tc.handle)
			defer srv.Close()
			timeout := time.Minute
			if strings.Contains(tc.name, "deadline") {
				timeout = 700 * time.Millisecond
			}
			got := sendOnce(t.Context(), testSender(t, way, srv.URL, timeout), post)
			if got.failure != nil {
				t.Fatal(got.failure)
			}
			if got.status != 200 || got.incomplete != tc.incomplete || len(got.body) != tc.length {
				t.Errorf("status %d, incomplete %v, %d bytes", got.status, got.incomplete, len(got.body))
			}
		})
	}
}

func TestSenderNeverFollowsNorRepeats(t *testing.T) { bothWays(t, senderNeverFollowsNorRepeats) }

func senderNeverFollowsNorRepeats(t *testing.T, way HTTP) {
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/lost":
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = c.Close()
			}
		}
	}))
	defer srv.Close()
	s := testSender(t, way, srv.URL, time.Second)

	moved := post
	moved.Path = "/moved"
	if got := sendOnce(t.Context(), s, moved); got.status != http.StatusFound || calls.Load() != 1 {
		t.Errorf("status %d after %d calls", got.status, calls.Load())
	}
	// net/http repeats a write by itself if it carries an idempotency key and the kept
	// connection dies; the sender's requests must not be repeated behind its back.
	_ = sendOnce(t.Context(), s, post)
	calls.Store(0)
	for _, method := range []string{http.MethodPost, http.MethodDelete, http.MethodGet} {
		for _, body := range [][]byte{post.Body, nil} {
			_ = sendOnce(t.Context(), s, post)
			calls.Store(0)
			lost := providers.Request{Method: method, Path: "/lost", Body: body, Header: http.Header{"Idempotency-Key": {"1"}}}
			got := sendOnce(t.Context(), s, lost)
			if got.failure == nil || !got.failure.sent || calls.Load() != 1 {
				t.Errorf("%s with a body of %d bytes: failure %v after %d calls", method, len(body), got.failure, calls.Load())
			}
		}
	}
}

func TestSenderKeepsEscapedPaths(t *testing.T) { bothWays(t, senderKeepsEscapedPaths) }

func senderKeepsEscapedPaths(t *testing.T, way HTTP) {
	var uri atomic.Value
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { uri.Store(r.RequestURI) }))
	defer srv.Close()
	r := post
	r.Path, r.Query = "/customers/a%2Fb%20c%3F%25", "x=%26"
	_ = sendOnce(t.Context(), testSender(t, way, srv.URL+"/v2/", time.Second), r)
	if got, want := uri.Load(), "/v2/customers/a%2Fb%20c%3F%25?x=%26"; got != want {
		t.Errorf("the server was asked for %v, want %s", got, want)
	}
}

func TestSenderKeepsConnections(t *testing.T) { bothWays(t, senderKeepsConnections) }

func senderKeepsConnections(t *testing.T, way HTTP) {
	var opened atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	s := testSender(t, way, srv.URL, time.Second)
	for range 50 {
		if got := sendOnce(t.Context(), s, post); got.status != 200 {
			t.Fatal(got)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 50 requests one after the other", n)
	}
}

func TestInterruptedAttempts(t *testing.T) { bothWays(t, senderInterruptedAttempts) }

func senderInterruptedAttempts(t *testing.T, way HTTP) {
	arrived := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
	}))
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	got := sendOnce(ctx, testSender(t, way, srv.URL, time.Minute), post)
	if got.failure == nil || !got.failure.sent || got.failure.code != codeInterrupted {
		t.Errorf("while the answer was awaited: %+v", got.failure)
	}
	got = sendOnce(ctx, testSender(t, way, srv.URL, time.Minute), post)
	if got.failure == nil || got.failure.sent || got.failure.code != codeInterrupted {
		t.Errorf("before anything was sent: %+v", got.failure)
	}
}

func TestParseBaseURL(t *testing.T) {
	for _, tc := range []struct {
		url string
		ok  bool
	}{
		{"https://api.example.com", true},
		{"https://api.example.com/v2/", true},
		{"http://127.0.0.1:8080/acme", true},
		{"http://[::1]:8080", true},
		{"http://localhost", true},
		{"http://api.example.com", false},
		{"http://127.0.0.1.example.com", false},
		{"https://user:pw@api.example.com", false},
		{"https://api.example.com?x=1", false},
		{"https://api.example.com#x", false},
		{"ftp://api.example.com", false},
		{"api.example.com", false},
		{"https:api.example.com", false},
		{"", false},
		{"://", false},
	} {
		if _, err := ParseBaseURL(tc.url); (err == nil) != tc.ok {
			t.Errorf("%q: %v", tc.url, err)
		}
	}
}
