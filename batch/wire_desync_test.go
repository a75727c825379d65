package batch

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// rawServerOfMany is a rawServer that serves all connections at once. It gives its address.
func rawServerOfMany(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer func() { _ = c.Close() }(); handle(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l.Addr().String()
}

// The worst that could happen: a server says more than it was asked, and the surplus is
// taken for the answer of the next request. It is not, however long the answer is, with
// TLS or without, and whether the surplus comes in the same record and packet or later.
//
// This is asked of the lean sender only: the standard transport may give a connection the next
// request before its reading goroutine has seen what else came.
func TestASurplusIsNobodysAnswer(t *testing.T) {
	cert, pool := issue(t, time.Now().Add(time.Hour), nil, localhost)
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	for _, packets := range []string{"one record", "one packet", "two packets"} {
		for _, size := range []int{0, 2, 4000, 4096, 5000, 16000, 16340, 20000, maxBody, maxBody + 1} {
			for _, chunked := range []bool{false, true} {
				talker := &talker{packets: packets, size: size, chunked: chunked, said: make(chan struct{}, 4)}
				t.Run(fmt.Sprintf("%s, %d bytes, chunked %v", packets, size, chunked), func(t *testing.T) {
					talker.askedTwice(t, testSender(t, LeanHTTP, "http://"+rawServerOfMany(t, talker.serve), 5*time.Second))
				})
				t.Run(fmt.Sprintf("TLS, %s, %d bytes, chunked %v", packets, size, chunked), func(t *testing.T) {
					talker.tls = config
					s := testSender(t, LeanHTTP, "https://"+rawServerOfMany(t, talker.serve), 5*time.Second)
					trustPool(s, pool)
					talker.askedTwice(t, s)
				})
			}
		}
	}
}

// TestSurplusInHalfARecord: what TLS has read of a record that is not whole is nobody's
// answer either, once the rest of it follows the next request.
func TestSurplusInHalfARecord(t *testing.T) {
	cert, pool := issue(t, time.Now().Add(time.Hour), nil, localhost)
	for _, first := range []int{1, 5, 20} {
		said := make(chan struct{}, 2) // connections
		address := rawServerOfMany(t, func(conn net.Conn) {
			held := &holdingConn{Conn: conn}
			c := tls.Server(held, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
			r := bufio.NewReader(c)
			readRequest(r)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")
			held.hold = true
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen")
			_, _ = conn.Write(held.held[:first])
			held.held = held.held[first:]
			said <- struct{}{}
			if _, err := r.Peek(1); err == nil {
				held.flush()
			}
		})
		s := testSender(t, LeanHTTP, "https://"+address, 2*time.Second)
		trustPool(s, pool)
		for range 2 {
			if got := sendOnce(t.Context(), s, post); got.body != "one" {
				t.Fatalf("%d bytes before the request: got %q, %v", first, got.body, got.failure)
			}
			<-said
		}
		s.close()
	}
}

// talker is a server that says more than it is asked.
type talker struct {
	packets string
	size    int // of the body of an answer, a digit many times
	chunked bool
	tls     *tls.Config // nil: plain
	said    chan struct{}
	asked   atomic.Int32
}

func (k *talker) serve(conn net.Conn) {
	held := &holdingConn{Conn: conn}
	var c net.Conn = held
	if k.tls != nil {
		c = tls.Server(held, k.tls)
	}
	const surplus = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"
	for r := bufio.NewReader(c); ; k.said <- struct{}{} {
		if _, err := r.Peek(1); err != nil {
			return
		}
		readRequest(r)
		answer := answerOf(k.asked.Add(1), k.size, k.chunked)
		held.hold = k.packets == "one packet"
		if k.packets == "one record" {
			_, _ = io.WriteString(c, answer+surplus)
		} else {
			_, _ = io.WriteString(c, answer)
			_, _ = io.WriteString(c, surplus)
		}
		held.flush()
	}
}

func (k *talker) askedTwice(t *testing.T, s *sender) {
	defer s.close()
	for range 2 {
		want := strings.Repeat(fmt.Sprint(k.asked.Load()+1), min(k.size, maxBody))
		got := sendOnce(t.Context(), s, post)
		if got.failure != nil || got.body != want || got.incomplete != (k.size > maxBody) {
			t.Fatalf("got %q, %v", got.body[:min(20, len(got.body))], got.failure)
		}
		<-k.said
	}
}

func answerOf(n int32, size int, chunked bool) string {
	body := strings.Repeat(fmt.Sprint(n), size)
	switch {
	case !chunked:
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, body)
	case size == 0:
		return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
	}
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, body)
}

// spokenConn is a connection that takes nothing and has something to say.
type spokenConn struct {
	net.Conn
	takes int
	said  io.Reader
}

func (c *spokenConn) Write(b []byte) (int, error) {
	return min(c.takes, len(b)), &net.OpError{Op: "write", Err: syscall.ECONNRESET}
}
func (c *spokenConn) Read(b []byte) (int, error)    { return c.said.Read(b) }
func (*spokenConn) Close() error                    { return nil }
func (*spokenConn) SetDeadline(time.Time) error     { return nil }
func (*spokenConn) SetReadDeadline(time.Time) error { return nil }

// What a server said is no answer to a request of which no byte was written; of a request
// that left in part it may be the refusal.
func TestAnAnswerToNothing(t *testing.T) {
	for takes, status := range map[int]int{0: 0, 1: 413} {
		s := testSender(t, LeanHTTP, "http://127.0.0.1:1", 5*time.Second)
		c := &spokenConn{takes: takes, said: strings.NewReader("HTTP/1.1 413 X\r\nContent-Length: 0\r\n\r\n")}
		w := s.wire.(*leanWire)
		raw := newRestingConn(c)
		w.keep(newLeanConn(raw, raw), time.Now())
		got := sendOnce(t.Context(), s, post)
		if got.status != status {
			t.Errorf("%d bytes taken: %+v", takes, got)
		}
		if status == 0 && got.failure.sent {
			t.Errorf("%+v", got.failure)
		}
	}
}

// A server that answers before it is asked has answered nothing.
func TestAServerThatSpeaksFirst(t *testing.T) {
	spoken := make(chan struct{})
	arrived := make(chan int, 1)
	address := rawServerOfMany(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		close(spoken)
		n, _ := io.Copy(io.Discard, c)
		arrived <- int(n)
	})
	s := testSender(t, LeanHTTP, "http://"+address, 5*time.Second)
	w := s.wire.(*leanWire)
	dial := w.dial
	w.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		<-spoken
		return c, err
	}
	got := sendOnce(t.Context(), s, post)
	if got.failure == nil || got.failure.sent || got.failure.code != codeConnection {
		t.Errorf("%+v", got)
	}
	s.close()
	if n := <-arrived; n != 0 {
		t.Errorf("%d bytes were sent", n)
	}
}
