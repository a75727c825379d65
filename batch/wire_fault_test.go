package batch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// One deadline is over all of an attempt, whatever phase a server makes endless: drop by
// drop it goes on for as long as the client listens.
func TestServersThatDrip(t *testing.T) { bothWays(t, serversThatDrip) }

func serversThatDrip(t *testing.T, way HTTP) {
	for _, tc := range []struct {
		name, first, drop string
		status            int
	}{
		{"the status line", "HTTP/1.1 200 ", "O", 0},
		{"a header", "HTTP/1.1 200 OK\r\nX: ", "y", 0},
		{"interim answers", "", "HTTP/1.1 102 Processing\r\n\r\n", 0},
		{"the body", "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n", "x", 200},
		{"a body without a length", "HTTP/1.1 200 OK\r\n\r\n", "x", 200},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 200},
		{"an extension of a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", 200},
		{"a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", 200},
		{"gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + zipped("")[:10], "\x00\x00\x00\xff\xff", 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			address := rawServerOfMany(t, func(c net.Conn) {
				readRequest(bufio.NewReader(c))
				every := time.NewTicker(5 * time.Millisecond)
				defer every.Stop()
				for text := tc.first; ; <-every.C {
					if _, err := io.WriteString(c, text); err != nil {
						return
					}
					text = tc.drop
				}
			})
			const timeout = 150 * time.Millisecond
			start := time.Now()
			got := sendOnce(t.Context(), testSender(t, way, "http://"+address, timeout), post)
			if d := time.Since(start); d < timeout/2 || d > 20*timeout {
				t.Errorf("ended after %s", d)
			}
			if got.status != tc.status || got.incomplete != (tc.status == 200) {
				t.Errorf("%+v", got)
			}
			if f := got.failure; tc.status == 0 && (f == nil || !f.sent || f.code != codeTimeout) {
				t.Errorf("%+v", f)
			}
		})
	}
}

// Before the handshake is over nothing was sent, however long it takes.
func TestAHandshakeThatNeverEnds(t *testing.T) { bothWays(t, aHandshakeThatNeverEnds) }

func aHandshakeThatNeverEnds(t *testing.T, way HTTP) {
	hello := make(chan struct{})
	address := rawServerOfMany(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		hello <- struct{}{}
		_, _ = io.Copy(io.Discard, c)
	})
	s := testSender(t, way, "https://"+address, 300*time.Millisecond)
	go func() { <-hello }()
	if f := sendOnce(t.Context(), s, post).failure; f == nil || f.sent || f.code != codeTimeout {
		t.Errorf("too slow: %+v", f)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-hello; cancel() }()
	s = testSender(t, way, "https://"+address, time.Minute)
	if f := sendOnce(ctx, s, post).failure; f == nil || f.sent || f.code != codeInterrupted {
		t.Errorf("interrupted: %+v", f)
	}
}

// A server that resets a connection as soon as it has the request leaves it in doubt.
func TestAReset(t *testing.T) { bothWays(t, aReset) }

func aReset(t *testing.T, way HTTP) {
	for _, said := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"} {
		address := rawServerOfMany(t, func(c net.Conn) {
			readRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, said)
			_ = c.(*net.TCPConn).SetLinger(0)
		})
		f := sendOnce(t.Context(), testSender(t, way, "http://"+address, 5*time.Second), post).failure
		if f == nil || !f.sent || f.code != codeConnection {
			t.Errorf("after %q: %+v", said, f)
		}
	}
}

// Interrupts come at any time. Each ends its attempt, and of those that are said to be
// unsent no byte ever arrives.
func TestInterruptsAtAnyTime(t *testing.T) { bothWays(t, interruptsAtAnyTime) }

func interruptsAtAnyTime(t *testing.T, way HTTP) {
	var arrived sync.Map
	address := rawServerOfMany(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if len(line) == 0 {
				return
			}
			arrived.Store(strings.TrimPrefix(strings.Split(line+"  ", " ")[1], "/"), true)
			if err != nil {
				return
			}
			for line != "\r\n" && err == nil {
				line, err = r.ReadString('\n')
			}
			_, _ = r.Discard(len(post.Body))
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	s := testSender(t, way, "http://"+address, time.Minute)
	unsent, ended := []string{}, 0
	for i := range 400 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for range i {
				runtime.Gosched()
			}
			cancel()
		}()
		r := post
		r.Path = fmt.Sprintf("/n%d", i)
		got := sendOnce(ctx, s, r)
		cancel()
		if got.failure == nil {
			continue
		}
		ended++
		if got.failure.code != codeInterrupted {
			t.Errorf("%d: %+v", i, got.failure)
		}
		if !got.failure.sent {
			unsent = append(unsent, r.Path[1:])
		}
	}
	s.close()
	if ended == 0 {
		t.Error("no attempt was interrupted")
	}
	for _, id := range unsent {
		if _, ok := arrived.Load(id); ok {
			t.Errorf("%s was said to be unsent, and arrived", id)
		}
	}
}

// An interrupt that comes before the attempt has its deadline is not lost to it.
func TestAnInterruptBeforeTheDeadlineIsSet(t *testing.T) {
	address := rawServerOfMany(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	s := testSender(t, LeanHTTP, "http://"+address, time.Minute)
	w := s.wire.(*leanWire)
	c, err := w.open(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	ctx, cancel := context.WithCancel(t.Context())
	if !c.prepare(ctx, time.Now().Add(time.Minute)) {
		t.Fatal("not ready")
	}
	cancel()
	if c.prepare(ctx, time.Now().Add(time.Minute)) {
		t.Error("ready, though interrupted")
	}
}

// When a lane has ended none of its connections and goroutines is left, nor of one whose
// answer was still awaited then.
func TestNothingIsLeftOpen(t *testing.T) { bothWays(t, nothingIsLeftOpen) }

func nothingIsLeftOpen(t *testing.T, way HTTP) {
	before := goleak.IgnoreCurrent()
	var open atomic.Int32
	var most atomic.Int32
	all := make(chan struct{})
	t.Run("run", func(t *testing.T) {
		var waiting sync.WaitGroup
		waiting.Add(8)
		address := rawServerOfMany(t, func(c net.Conn) {
			open.Add(1)
			defer open.Add(-1)
			r := bufio.NewReader(c)
			for first := true; ; first = false {
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				_, _ = r.Discard(len(post.Body))
				if first {
					waiting.Done()
					<-all
				}
				most.Store(max(most.Load(), open.Load()))
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
		})
		s := testSender(t, way, "http://"+address, 10*time.Second)
		var attempts sync.WaitGroup
		for range 8 {
			attempts.Go(func() {
				if got := sendOnce(t.Context(), s, post); got.status != 200 {
					t.Error(got.failure)
				}
			})
		}
		waiting.Wait()
		w, lean := s.wire.(*leanWire)
		if lean {
			s.close() // while they wait
		}
		close(all)
		attempts.Wait()
		if lean && len(w.idle) > 0 {
			t.Errorf("%d connections rest after the end", len(w.idle))
		}
		s.close()
	})
	if most.Load() != 8 || open.Load() != 0 {
		t.Errorf("%d connections at once, %d left", most.Load(), open.Load())
	}
	goleak.VerifyNone(t, before)
}

// As many connections rest as may be in flight, and one more.
func TestConnectionsAtRestAreBounded(t *testing.T) {
	address := rawServerOfMany(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	w := testSender(t, LeanHTTP, "http://"+address, 10*time.Second).wire.(*leanWire)
	for range 9 {
		c, err := w.open(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		w.keep(c, time.Now())
	}
	if len(w.idle) != 3 {
		t.Errorf("%d rest, of a lane with 2 in flight", len(w.idle))
	}
}

// What a provider asks for by headers that change the exchange means the same to both.
func TestHeadersThatChangeTheExchange(t *testing.T) { bothWays(t, headersThatChangeTheExchange) }

func headersThatChangeTheExchange(t *testing.T, way HTTP) {
	type asked struct {
		header http.Header
		host   string
		length int64
		close  bool
	}
	seen := make(chan asked, 1)
	address := rawServerOfMany(t, func(c net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		seen <- asked{r.Header, r.Host, r.ContentLength, r.Close}
		_, _ = io.WriteString(c, closing(gzipAnswer(zipped("ok"))))
	})
	for _, tc := range []struct {
		name, value, body string
		close             bool
	}{
		{"Accept-Encoding", "gzip", zipped("ok"), false}, // who asks for it himself gets it as it is
		{"Accept-Encoding", "identity", zipped("ok"), false},
		{"Range", "bytes=0-9", zipped("ok"), false},
		{"Content-Length", "9", "ok", false},
		{"Transfer-Encoding", "chunked", "ok", false},
		{"Host", "other.example.com", "ok", false},
		{"Trailer", "X", "ok", false},
		{"Expect", "100-continue", "ok", false},
		{"Connection", "close", "ok", true},
	} {
		r := post
		r.Header = http.Header{tc.name: {tc.value}}
		got := sendOnce(t.Context(), testSender(t, way, "http://"+address, 5*time.Second), r)
		if got.status != 200 || got.body != tc.body {
			t.Errorf("%s: %+v", tc.name, got)
			continue
		}
		if a := <-seen; a.host != address || a.length != int64(len(post.Body)) || a.close != tc.close {
			t.Errorf("%s: %+v", tc.name, a)
		}
	}
}

// Methods of other kinds and long addresses mean the same to both.
func TestRequestsOfOtherKinds(t *testing.T) { bothWays(t, requestsOfOtherKinds) }

func requestsOfOtherKinds(t *testing.T, way HTTP) {
	answered := make(chan struct{})
	address := rawServerOfMany(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		if line, _ := r.Peek(5); string(line) == "HEAD " { // with a body that it must not have
			readRequest(r)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
			return
		}
		// It reads no further.
		_, _ = io.WriteString(c, "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlong")
		<-answered
	})
	defer close(answered)
	head, long := post, post
	head.Method, head.Body = http.MethodHead, nil
	long.Query = "x=" + strings.Repeat("y", 16<<20)
	s := testSender(t, way, "http://"+address, 5*time.Second)
	if got := sendOnce(t.Context(), s, head); got.status != 200 || got.body != "" || got.incomplete {
		t.Errorf("HEAD: %+v", got)
	}
	if got := sendOnce(t.Context(), s, long); got.status != 414 || got.body != "long" {
		t.Errorf("a long address: %+v", got)
	}
}

// Addresses of all kinds are called alike.
func TestAddresses(t *testing.T) { bothWays(t, addresses) }

func addresses(t *testing.T, way HTTP) {
	for base, want := range map[string]string{
		"http://127.0.0.1": "127.0.0.1:80", "https://api.example.com": "api.example.com:443", "https://[2001:db8::1]": "[2001:db8::1]:443",
		"https://api.example.com:8443/v2/": "api.example.com:8443", "https://api.example.com:": "api.example.com:443", "http://localhost:8080": "localhost:8080",
	} {
		dialled := ""
		dial := func(_ context.Context, _, address string) (net.Conn, error) {
			dialled = address
			return nil, io.ErrClosedPipe
		}
		s := testSender(t, way, base, time.Second)
		switch w := s.wire.(type) {
		case *leanWire:
			w.dial = dial
		case *netWire:
			w.transport.DialContext = dial
		}
		if got := sendOnce(t.Context(), s, post); dialled != want || got.failure == nil || got.failure.sent {
			t.Errorf("%s: dialled %s, not %s: %+v", base, dialled, want, got.failure)
		}
	}
}
